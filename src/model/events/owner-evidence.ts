/** How a socket's process is known, strongest first. */
export type OwnerEvidence = "syscall" | "accept" | "inode" | "listener" | "unknown";
