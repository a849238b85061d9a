/** The sources of findings, pages and the audit. */
export const SOURCES = {
  states: "RFC 9293 3.3.2 (what each state waits for)",
  closing: "RFC 9293 3.6 (closing a connection)",
  halfClosed: "RFC 9293 3.6.1 (half-closed connections)",
  timeWait: "RFC 9293 3.6.1 (the side that closes first lingers in TIME-WAIT)",
  assassination: "RFC 1337 (TIME-WAIT assassination hazards)",
  reuse: "RFC 6191 (reducing TIME-WAIT by timestamps)",
  reset: "RFC 9293 3.5.2 (reset generation)",
  accept: "accept(2): EMFILE, ENFILE",
  listen: "listen(2): backlog, somaxconn",
  connect: "connect(2): EADDRNOTAVAIL, ETIMEDOUT, ECONNREFUSED",
  limits: "getrlimit(2): RLIMIT_NOFILE",
  descriptors: "proc_pid_fd(5)",
  tcp: "tcp(7)",
  ports: "ip(7): ip_local_port_range",
  keepalive: "tcp(7): TCP_KEEPIDLE, TCP_KEEPINTVL, TCP_KEEPCNT; socket(7): SO_KEEPALIVE",
  userTimeout: "tcp(7): TCP_USER_TIMEOUT",
  linger2: "tcp(7): TCP_LINGER2",
  http: "RFC 9112 9.3 (persistent connections)",
  timeWaitCode: "net/ipv4/tcp_minisocks.c: tcp_time_wait(); include/net/tcp.h: TCP_TIMEWAIT_LEN",
  finCode: "net/ipv4/tcp_input.c: tcp_fin()",
  requestCode: "net/ipv4/tcp_input.c: tcp_conn_request()",
  acceptCode: "net/ipv4/tcp_ipv4.c: tcp_v4_syn_recv_sock()",
  orphanCode: "net/ipv4/tcp_timer.c: tcp_orphan_retries(), tcp_out_of_resources()",
  portCode: "net/ipv4/inet_hashtables.c: __inet_hash_connect(); net/ipv4/tcp_ipv4.c: tcp_twsk_unique()",
  counters: "Documentation/networking/snmp_counter.rst",
  files: "Documentation/admin-guide/sysctl/fs.rst",
  self: "README.md of tcptrace: What it says, and how it knows",
  core: "Documentation/admin-guide/sysctl/net.rst",
} as const;

/** The kernel's documentation of a setting under net.ipv4. */
export function ipSysctl(...names: readonly string[]): string {
  return `Documentation/networking/ip-sysctl.rst: ${names.join(", ")}`;
}
