/** More sockets than a machine with 16 GiB can hold open; further ones are counted but not kept. */
export const MAX_SOCKETS = 2_000_000;
