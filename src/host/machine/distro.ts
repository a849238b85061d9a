import { readOptional } from "./optional-file.ts";

// By the ID and ID_LIKE words of os-release.
const INSTALL_COMMANDS: readonly (readonly [word: string, command: string])[] = [
  ["debian", "apt-get install"],
  ["ubuntu", "apt-get install"],
  ["fedora", "dnf install"],
  ["rhel", "dnf install"],
  ["centos", "dnf install"],
  ["amzn", "dnf install"],
  ["alpine", "apk add"],
  ["suse", "zypper install"],
  ["opensuse", "zypper install"],
  ["sles", "zypper install"],
  ["arch", "pacman -S"],
];

/** The command that installs a package, by the text of os-release (man 5 os-release); null on an unknown distribution. */
export function installCommand(osRelease: string, name: string): string | null {
  const words = [...valueOf(osRelease, "ID"), ...valueOf(osRelease, "ID_LIKE")];
  for (const word of words) {
    const command = INSTALL_COMMANDS.find(([known]) => word === known || word.startsWith(`${known}-`))?.[1];
    if (command !== undefined) return `${command} ${name}`;
  }
  return null;
}

/** The command that installs a package on this machine; null when its distribution is unknown. */
export function readInstallCommand(name: string): string | null {
  for (const path of ["/etc/os-release", "/usr/lib/os-release"]) {
    const osRelease = readOptional(path);
    if (osRelease !== null) return installCommand(osRelease, name);
  }
  return null;
}

function valueOf(osRelease: string, key: "ID" | "ID_LIKE"): string[] {
  const line = osRelease.split("\n").find((candidate) => candidate.startsWith(`${key}=`)) ?? "";
  return line
    .slice(key.length + 1)
    .replaceAll(/["'\r]/g, "")
    .toLowerCase()
    .split(" ")
    .filter((word) => word !== "");
}
