import type { Cloud, CloudProbe } from './cloud.ts'
import type { Command, Word } from './command.ts'
import type { Duration } from './duration.ts'
import type { Answer, Fact } from './fact.ts'
import type { Note } from './note.ts'
import type { Secret } from './secret.ts'

/** A file as found: its text and what identifies it, or its absence. */
export type FileState = PresentFile | AbsentFile

export interface PresentFile {
  readonly state: 'present'
  /** Where the file really is when `path` is a symbolic link. */
  readonly path: string
  readonly text: string
  /** `sha256:` and 64 hexadecimal digits of the bytes. */
  readonly fingerprint: string
  /** Octal, as `0644`. */
  readonly mode: string
  readonly owner: string
}

export interface AbsentFile {
  readonly state: 'absent'
  readonly path: string
  readonly text: ''
  readonly fingerprint: 'absent'
}

/** What a check may do: look. Questions started together travel together. */
export interface Probe {
  /** The inventory's name of the host. */
  readonly name: string
  /** Ask a fact. Throws CommandFailed only where the reader does. */
  ask<Value>(fact: Fact<Value>, options?: LookOptions): Promise<Value>
  /** Run a read-only command as root and give its answer, whatever its exit code. */
  look(strings: TemplateStringsArray, ...values: readonly Word[]): Promise<Answer>
  /** Text and fingerprint of a file, or its absence. Throws Blocked for a directory or a file above 4 MiB. */
  read(path: string): Promise<FileState>
  /** The cloud of this name: of clouds.yaml, or `envvars` for the OS_* variables of the environment. */
  cloud(name: string): CloudProbe
  /**
   * The value of a parameter that {@link secretParameter} declares: for the content of files. A command that holds it
   * throws Blocked, since every user of a host may read the words of its processes.
   */
  secret(reference: string): Secret
}

export interface LookOptions {
  /** Time limit on the host. Default 30s; above it, say so: such questions get a channel of their own. */
  readonly limit?: Duration
}

/** What an apply may do: look and touch. Every touch is a change under the host's mutex, with a marker of its own. */
export interface Session extends Probe {
  /** Run a changing command as root. Throws CommandFailed unless it exits 0. */
  run: {
    (strings: TemplateStringsArray, ...values: readonly Word[]): Promise<Answer>
    (command: Command, options?: RunOptions): Promise<Answer>
  }
  /**
   * Put a file in place by compare-and-swap: written beside, fsynced, renamed; mode, owner and label are kept.
   * The bytes found are kept on the host. Throws CommandFailed when the file is not the one that `replacing` names.
   */
  write(path: string, text: string | Uint8Array, options: WriteOptions): Promise<void>
  /** Remove a file by compare-and-swap; its bytes are kept on the host. */
  remove(path: string, options: RemoveOptions): Promise<void>
  /** Put back what `before` names, if the file is still what this run left. Anything else needs a person. */
  restore(path: string, before: string, options?: Pick<WriteOptions, 'readBy'>): Promise<void>
  /** Keep the bytes of a file that the next command will rewrite. */
  keep(path: string): Promise<void>
  /** Throws NotOwner before it changes anything there for a host that is no longer this run's. */
  cloud(name: string): Cloud
  /** `runbook RUN`: for places where only words tell what this run did from what others did. */
  readonly mark: string
  /** Stands beside the outcome. */
  note(note: Note): void
  /** One line of progress, shown live and not stored. */
  show(line: string): void
  /**
   * Asks again and again until there is an answer; null when the limit has passed before. Throws Interrupted when the
   * operator ends the work.
   */
  until<Value>(ask: () => Promise<Value | null>, options: UntilOptions): Promise<Value | null>
}

export interface UntilOptions {
  /** By the controller's clock; it counts anew in the process that resumes. */
  readonly limit: Duration
  /** Between two askings. Default 5s. */
  readonly every?: Duration
}

export interface RunOptions {
  /** Time limit on the host, then TERM to the whole group and KILL 10s later. Default 10m. */
  readonly limit?: Duration
  /** The unit that must be restarted to notice this change. */
  readonly readBy?: string
  /** The unit whose owed restart or reload this command pays. */
  readonly pays?: string
}

export interface WriteOptions {
  /** Fingerprint of the file that is replaced, or `absent`. */
  readonly replacing: string
  /** Octal mode of a new file. Default 0644, or 0600 with a secret in it that this session gave; an existing file keeps its own. */
  readonly mode?: string
  readonly readBy?: string
}

export interface RemoveOptions {
  readonly replacing: string
  readonly readBy?: string
}
