import { readdirSync, readFileSync } from "node:fs";

export interface RunningProcess {
  readonly pid: number;
  readonly comm: string;
}

interface Stat extends RunningProcess {
  readonly parent: number;
  readonly state: string;
}

/** The running children of a process, without zombies. */
export function childrenOf(pid: number): RunningProcess[] {
  return readAll().filter(({ parent }) => parent === pid);
}

/** All descendants of a process. */
export function descendantsOf(pid: number): RunningProcess[] {
  const all = readAll();
  const found: Stat[] = [];
  const look = (parent: number): void => {
    for (const process of all.filter((one) => one.parent === parent)) {
      found.push(process);
      look(process.pid);
    }
  };
  look(pid);
  return found;
}

/** Whether a process is stopped, for example by SIGSTOP. */
export function isStopped(pid: number): boolean {
  return readStat(String(pid))?.state === "T";
}

/** Whether a process still runs. Pids are not reused within a test. */
export function isRunning(pid: number): boolean {
  return readStat(String(pid)) !== null;
}

function readAll(): Stat[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(readStat)
    .filter((stat) => stat !== null);
}

function readStat(name: string): Stat | null {
  let text: string;
  try {
    text = readFileSync(`/proc/${name}/stat`, "latin1");
  } catch {
    return null;
  }
  const end = text.lastIndexOf(")");
  const [state = "", parent] = text.slice(end + 2).split(" ");
  if (state === "Z" || state === "X") return null;
  return { pid: Number(name), comm: text.slice(text.indexOf("(") + 1, end), parent: Number(parent), state };
}
