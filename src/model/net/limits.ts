/** More sockets than a machine with 16 GiB can hold open; past it new ones are counted and not kept. */
export const MAX_SOCKETS = 2_000_000;
