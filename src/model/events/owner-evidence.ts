/** How a socket's owner is known, strongest first. */
export type OwnerEvidence = "syscall" | "accept" | "inode" | "listener" | "unknown";
