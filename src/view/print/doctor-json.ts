import type { DoctorReport } from "./doctor-report.ts";

/** The document of `doctor --json`, one line: `{"ok":true,"source":"bpf","checks":[{"id","ok","detail","fix"}]}`. */
export function doctorJson({ ok, source, checks }: DoctorReport): string {
  const rows = checks.map((check) => ({ id: check.id, ok: check.ok, detail: check.detail, fix: check.fix }));
  return `${JSON.stringify({ ok, source, checks: rows })}\n`;
}
