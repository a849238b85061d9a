import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { connect, createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { CLI } from "#test/support/project.ts";
import { runTcptrace } from "#test/support/machine/tcptrace.ts";
import { PtyScreen } from "#test/terminal/pty-screen.ts";

const NO_ANSWER = "no socket details of network namespace";
const LINE =
  /^tcptrace: debug: \d{4}-\d\d-\d\dT[\d:.]+Z no socket details of network namespace \d+: Command failed with exit code 7: \S+ -tneiH state close-wait state listening$/;

/** Makes a connection in CLOSE_WAIT, so that tcptrace runs ss for it. */
async function closeWait(): Promise<void> {
  const server = createServer({ allowHalfOpen: true });
  const halfClosed = new Promise<Socket>((resolve) => {
    server.once("connection", (accepted) => accepted.resume().once("end", () => resolve(accepted)));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the server has no port");
  const client = connect(address.port, "127.0.0.1", () => client.end());
  const socket = await halfClosed;
  onTestFinished(() => {
    socket.destroy();
    client.destroy();
    server.close();
  });
}

/** A $PATH with an ss that fails. */
function failingSs(): string {
  const folder = mkdtempSync(join(tmpdir(), "tcptrace-debug-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, "ss");
  writeFileSync(file, "#!/bin/sh\nexit 7\n");
  chmodSync(file, 0o755);
  return `${folder}${delimiter}${process.env["PATH"]}`;
}

test("TCPTRACE_DEBUG=1 prints errors that are otherwise handled silently", async () => {
  await closeWait();
  const PATH = failingSs();
  const words = ["leaks", "--source", "proc", "--duration", "100ms"];
  const debugged = await runTcptrace(words, { env: { PATH, TCPTRACE_DEBUG: "1" } });
  const silent = await runTcptrace(words, { env: { PATH, TCPTRACE_DEBUG: "" } });
  expect(debugged.code).toBe(0);
  const lines = debugged.stderr.split("\n").filter((line) => line.includes(NO_ANSWER));
  expect(lines.length).toBeGreaterThan(0);
  for (const line of lines) expect(line).toMatch(LINE);
  expect(silent.code).toBe(0);
  expect(silent.stderr).not.toContain("debug");
});

test("top lists these lines among its messages, and prints them after its screen is closed", async () => {
  await closeWait();
  const script = `node "$0" top --source proc; echo shell is back; read -r end`;
  const env = { PATH: failingSs(), TCPTRACE_DEBUG: "1" };
  const screen = new PtyScreen("/bin/sh", ["-c", script, CLI], { columns: 120, env });
  onTestFinished(() => screen.kill());
  await screen.until("q quit");
  screen.write("!");
  await screen.until(new RegExp(`^>? *[\\d:]{8} {2}tcptrace: debug: .*${NO_ANSWER}`, "m"));
  expect(screen.inAlternateScreen).toBe(true);
  screen.write("q");
  await screen.until("shell is back");
  expect(screen.inAlternateScreen).toBe(false);
  expect(screen.text()).toMatch(new RegExp(`^tcptrace: debug: .*${NO_ANSWER}`, "m"));
});
