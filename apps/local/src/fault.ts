/** A failure that the person can do something about: its message is one sentence that says what, and what to do. */
export class Fault extends Error {
  constructor(sentence: string, options: { cause?: unknown } = {}) {
    super(sentence, options)
    this.name = 'Fault'
  }
}

/** What the file system's error means for the state folder. */
export function folderFault(path: string, error: unknown): Fault {
  const code = (error as NodeJS.ErrnoException).code
  const said: Record<string, string> = {
    ENOSPC: `The disk that holds ${path} is full: free some space, or set KEELSON_HOME to a folder on another disk.`,
    EDQUOT: `Your quota on the disk that holds ${path} is used up: free some space, or set KEELSON_HOME to another folder.`,
    EACCES: `The state folder ${path} cannot be written: mend its permissions, or set KEELSON_HOME to another folder.`,
    EPERM: `The state folder ${path} cannot be written: mend its permissions, or set KEELSON_HOME to another folder.`,
    EROFS: `The state folder ${path} is on a read-only disk: set KEELSON_HOME to a folder that can be written.`,
    ENOTDIR: `The state folder ${path} is not a folder: move that file away, or set KEELSON_HOME to another folder.`,
    EEXIST: `The state folder ${path} is not a folder: move that file away, or set KEELSON_HOME to another folder.`,
  }
  const sentence =
    said[code ?? ''] ??
    `The state folder ${path} cannot be used (${String(error)}): set KEELSON_HOME to another folder.`
  return new Fault(sentence, { cause: error })
}
