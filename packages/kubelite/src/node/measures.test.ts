import { expect, test } from 'vitest'
import { parseListeners } from './listeners.ts'
import { cpuSecondsOf, secondsOf } from './usage.ts'

test('listening sockets of /proc/net/tcp and tcp6', () => {
  const table = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 111 1 0000000000000000 100 0 0 10 0
   1: 00000000:0050 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 222 1 0000000000000000 100 0 0 10 0
   2: 0100007F:1F91 0100007F:C350 01 00000000:00000000 00:00000000 00000000     0        0 333 1 0000000000000000 20 4 30 10 -1
   3: 00000000000000000000000000000000:0051 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000 0 0 444 1
   4: 00000000000000000000000001000000:0052 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000 0 0 555 1
   5: 0000000000000000FFFF00000100007F:0053 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000 0 0 666 1
`
  expect(parseListeners(table)).toEqual([
    { address: '127.0.0.1', port: 8080, inode: '111' },
    { address: '0.0.0.0', port: 80, inode: '222' },
    { address: '::', port: 81, inode: '444' },
    { address: '0:0:0:0:0:0:0:1', port: 82, inode: '555' },
    { address: '127.0.0.1', port: 83, inode: '666' },
  ])
  expect(parseListeners('')).toEqual([])
})

test('CPU time of a process, with what its children took', () => {
  const stat = '42 (a ) program) S 1 42 42 0 -1 4194304 100 0 0 0 150 50 30 20 20 0 1 0 12345'
  expect(cpuSecondsOf(stat)).toBe(2.5)
  expect(cpuSecondsOf('')).toBe(0)
})

test.each([
  ['0:01.50', 1.5],
  ['01:02:03', 3723],
  ['2-00:00:10', 172_810],
  ['', 0],
])('the time of ps %s', (time, seconds) => {
  expect(secondsOf(time)).toBe(seconds)
})
