/**
 * Runs one container attempt and outlives the kubelet: starts the process in a session of its own, writes its output as
 * a CRI log, and leaves the exit status behind. Plain JavaScript with Node's own modules only, so that it starts in
 * some 40 ms. Its only argument is the attempt's folder; what it writes there is described in `attempt.ts`.
 */
import { execFileSync, spawn } from 'node:child_process'
import fs from 'node:fs'
import net from 'node:net'
import os from 'node:os'
import path from 'node:path'
import { readEnvironment } from './environ.mjs'
import { serveAttach } from './shim-attach.mjs'

const maxLineBytes = 16 * 1024
const maxLogBytes = 10 * 1024 * 1024
const maxLogFiles = 5
const drainMs = 2_000
const newline = Buffer.from('\n')
const dir = process.argv[2]
const spec = JSON.parse(fs.readFileSync(path.join(dir, 'spec.json'), 'utf8'))

for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGQUIT', 'SIGUSR2']) process.on(signal, () => {})

// Whoever creates this file decides the attempt's fate: this shim, or a kubelet that gave the attempt up.
try {
  fs.closeSync(fs.openSync(path.join(dir, 'claim'), 'wx', 0o600))
} catch {
  process.exit(0)
}

const log = openLog()
const { readers, writers } = openPipes()
const startedAt = new Date().toISOString()
const input = spec.stdin ? openInput() : null
const child = spawn(spec.argv[0], spec.argv.slice(1), {
  cwd: spec.cwd,
  env: spec.env,
  detached: true,
  // The last two are for `terminal.py`: nothing, and the sizes of the terminal.
  stdio: [input?.reader ?? 'ignore', ...(writers ?? ['pipe', 'pipe']), ...(spec.tty ? ['ignore', 'pipe'] : [])],
})
for (const fd of [...(writers ?? []), ...(input ? [input.reader] : [])]) fs.closeSync(fd)
const outputs = readers?.map((fd) => new net.Socket({ fd, readable: true, writable: false })) ?? [
  child.stdout,
  child.stderr,
]
const drained = Promise.all(outputs.map((stream, index) => copyLines(stream, index === 0 ? 'stdout' : 'stderr')))
const sizes = spec.tty ? child.stdio[4] : null
sizes?.on('error', () => {})
// By its name alone, in this process's own folder: the address of a socket must be short.
const leaveAttached = serveAttach('attach', {
  outputs: { o: outputs[0], e: outputs[1] },
  input: input?.writer,
  sizes,
})

child.on('error', (error) => finish(128, 0, `could not start: ${error.message}`))
child.on('exit', (code, signal) => {
  const number = signal === null ? 0 : os.constants.signals[signal]
  finish(code ?? 128 + number, number)
})
if (child.pid !== undefined) {
  save('started.json', { shim: reference(process.pid), child: reference(child.pid), startedAt })
  tell('started')
}

// A state folder that somebody removed takes its containers with it: nobody else could ever find them.
const watchFolderMs = 5_000
setInterval(() => {
  if (!fs.existsSync(path.join(dir, 'spec.json'))) killLeftovers()
}, watchFolderMs).unref()

let finished = false
async function finish(exitCode, signal, failure) {
  if (finished) return
  finished = true
  const finishedAt = new Date().toISOString()
  killLeftovers()
  await Promise.race([drained, new Promise((resolve) => setTimeout(resolve, drainMs))])
  let startError = failure
  try {
    startError ??= fs.readFileSync(path.join(dir, 'start-error'), 'utf8').trim()
  } catch {
    // The process came to run.
  }
  save('exit.json', { exitCode, signal, startedAt, finishedAt, ...(startError ? { startError } : {}) })
  tell('exited')
  await leaveAttached()
  process.exit(0)
}

/**
 * Named pipes, because Node's own are sockets and a program that opens /dev/stdout again cannot open a socket. Where
 * they cannot be made, Node's will do.
 */
function openPipes() {
  try {
    const files = ['out', 'err'].map((name) => path.join(dir, `.${name}`))
    execFileSync('mkfifo', ['-m', '600', ...files], { stdio: 'ignore' })
    const readers = files.map((file) => fs.openSync(file, fs.constants.O_RDONLY | fs.constants.O_NONBLOCK))
    const writers = files.map((file) => fs.openSync(file, fs.constants.O_WRONLY))
    for (const file of files) fs.unlinkSync(file)
    return { readers, writers }
  } catch {
    return { readers: null, writers: null }
  }
}

/** The container's standard input, and our end of it, which stays open until someone who joined closes it. */
function openInput() {
  const file = path.join(dir, '.in')
  execFileSync('mkfifo', ['-m', '600', file], { stdio: 'ignore' })
  // Open in both directions for a moment, so that neither end waits for the other.
  const both = fs.openSync(file, fs.constants.O_RDWR | fs.constants.O_NONBLOCK)
  const reader = fs.openSync(file, fs.constants.O_RDONLY)
  const fd = fs.openSync(file, fs.constants.O_WRONLY | fs.constants.O_NONBLOCK)
  fs.closeSync(both)
  fs.unlinkSync(file)
  const writer = new net.Socket({ fd, readable: false, writable: true })
  writer.on('error', () => {})
  return { reader, writer }
}

/** CRI log lines: `<RFC3339Nano> <stream> <F|P> <text>`; P marks a piece of a line that is longer than the cap. */
function copyLines(stream, name) {
  let rest = Buffer.alloc(0)
  stream.on('data', (chunk) => {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk])
    const out = []
    let from = 0
    for (;;) {
      const end = rest.indexOf(10, from)
      const length = (end < 0 ? rest.length : end) - from
      if (length > maxLineBytes) {
        out.push(header(name, 'P'), rest.subarray(from, from + maxLineBytes), newline)
        from += maxLineBytes
      } else if (end >= 0) {
        out.push(header(name, 'F'), rest.subarray(from, end), newline)
        from = end + 1
      } else break
    }
    rest = rest.subarray(from)
    write(out)
  })
  return new Promise((resolve) => {
    const done = () => {
      // Its end without an end of line, as containerd marks it.
      if (rest.length > 0) write([header(name, 'P'), rest, newline])
      rest = Buffer.alloc(0)
      resolve()
    }
    stream.on('end', done)
    stream.on('error', done)
  })
}

function write(parts) {
  if (parts.length > 0) log.write(Buffer.concat(parts))
}

/** Files of some 10 MiB, of which the newest five are kept; `cri-log.ts` describes them. A writer waits for the disk. */
function openLog() {
  let number = 0
  let written = 0
  let torn = false
  const open = () => fs.openSync(path.join(dir, number === 0 ? 'log' : `log.${number}`), 'a', 0o600)
  let fd = open()
  const next = () => {
    fs.closeSync(fd)
    number += 1
    written = 0
    fd = open()
    const oldest = number - maxLogFiles
    if (oldest >= 0) fs.rmSync(path.join(dir, oldest === 0 ? 'log' : `log.${oldest}`), { force: true })
  }
  return {
    write(bytes) {
      try {
        if (torn) fs.writeSync(fd, newline)
        torn = false
        const count = fs.writeSync(fd, bytes)
        written += count
        torn = count < bytes.length
        if (written >= maxLogBytes) next()
      } catch {
        // A full disk loses output, not the process; what comes later begins a line of its own.
        torn = true
      }
    },
  }
}

let lastMs = 0
let lastTime = ''
let step = 0
function header(stream, tag) {
  const ms = Date.now()
  if (ms !== lastMs) lastTime = new Date(ms).toISOString().slice(0, -1)
  step = ms === lastMs ? Math.min(step + 1, 999_999) : 0
  lastMs = ms
  return Buffer.from(`${lastTime}${String(step).padStart(6, '0')}Z ${stream} ${tag} `, 'latin1')
}

/** What the container's main process left behind ends with it, also what left its process group. */
function killLeftovers() {
  try {
    if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL')
  } catch {
    // Nobody left in the group.
  }
  if (process.platform !== 'linux') return
  const needle = `\0KEELSON_CONTAINER=${spec.env.KEELSON_CONTAINER}\0`
  for (const pid of fs.readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      if (`\0${readEnvironment(pid) ?? ''}`.includes(needle)) process.kill(Number(pid), 'SIGKILL')
    } catch {
      // Gone meanwhile.
    }
  }
}

/** Durable: complete under its name, or not there. */
function save(name, value) {
  const file = path.join(dir, name)
  const fd = fs.openSync(`${file}.tmp`, 'w', 0o600)
  fs.writeSync(fd, JSON.stringify(value))
  if (name === 'exit.json') fs.fsyncSync(fd)
  fs.closeSync(fd)
  fs.renameSync(`${file}.tmp`, file)
}

/** Tells the kubelet at once, if the one that started us still listens. */
function tell(what) {
  try {
    fs.writeSync(1, `${what}\n`)
  } catch {
    // It will find the file.
  }
}

/** The same text as `processStartTime` of processes.ts. */
function reference(pid) {
  if (process.platform !== 'linux') {
    const text = execFileSync('ps', ['-o', 'lstart=,stat=', '-p', String(pid)], { encoding: 'utf8' }).trim()
    return { pid, startTime: text.replace(/\s+\S+$/, '') }
  }
  const boot = fs.readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim().slice(0, 8)
  const stat = fs.readFileSync(`/proc/${pid}/stat`, 'utf8')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return { pid, startTime: `${boot}:${fields[19]}` }
}
