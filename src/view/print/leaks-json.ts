import { formatEndpoint } from "../../model/net/address.ts";
import type { SocketTuple } from "../../model/net/tuple.ts";
import { stateName } from "../../model/net/tcp-state.ts";
import type { LeakReport, LeakingProcess, StuckSocket, UnownedSocket } from "../../model/reports/leak-report.ts";
import type { UserName } from "../format/table.ts";
import { isoTime } from "../format/time.ts";

/** The report as one JSON document with a newline, as docs/command-line.md has it. */
export function leaksJson(report: LeakReport, userName: UserName): string {
  const { wallMs, source, stuckAfterMs, lost, complete, processes, unowned } = report;
  const document = {
    time: isoTime(wallMs),
    source,
    stuckAfterMs,
    lost,
    complete,
    processes: processes.map((process) => processJson(process, userName)),
    unowned: unowned.map(unownedJson),
  };
  return `${JSON.stringify(document)}\n`;
}

function processJson(process: LeakingProcess, userName: UserName): object {
  const { pid, comm, cmdline, user, container, unit, closeWait, stuck, notAccepted, leakedDescriptors } = process;
  const { growthPerMinute, fdUsed, fdLimit, fdExhaustedInMs } = process;
  return {
    pid,
    comm,
    cmdline,
    user: user === null ? null : (userName(user) ?? String(user)),
    container,
    unit,
    closeWait,
    stuck,
    notAccepted,
    vanished: leakedDescriptors,
    oldestMs: process.sockets[0] === undefined ? null : Math.round(process.sockets[0].ageMs),
    growthPerMinute: growthPerMinute === null ? null : Math.round(growthPerMinute * 100) / 100,
    fdUsed,
    fdLimit,
    fdExhaustedInMs: fdExhaustedInMs === null ? null : Math.round(fdExhaustedInMs),
    sockets: process.sockets.map(socketJson),
    acceptQueues: process.acceptQueues.map(({ endpoint, ...queue }) => ({ local: endpoint, ...queue })),
  };
}

function socketJson(socket: StuckSocket): object {
  const { id, state, ageMs, ageIsAtLeast, receiveQueue, accepted, fd, owner, holders } = socket;
  return {
    socket: `s${id.toString(16)}`,
    ...endsJson(socket),
    state: stateName(state),
    ageMs: Math.round(ageMs),
    ageIsAtLeast,
    receiveQueue,
    accepted,
    fd,
    owner,
    holders,
  };
}

function unownedJson(socket: UnownedSocket): object {
  return { ...socketJson(socket), reason: socket.reason };
}

function endsJson({ netns, localAddress, localPort, remoteAddress, remotePort }: SocketTuple): {
  netns: number | null;
  local: string;
  remote: string;
} {
  const local = formatEndpoint(localAddress, localPort);
  return { netns, local, remote: formatEndpoint(remoteAddress, remotePort) };
}
