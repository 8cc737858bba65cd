/** Which addresses the front is opened on for pods, and what is guessed for a cluster. */
import { networkInterfaces } from 'node:os'
import { expect, test } from 'vitest'
import { addressTowards, ownAddresses } from './advertised.ts'

const own = Object.values(networkInterfaces())
  .flatMap((list) => list ?? [])
  .find(({ internal, family }) => !internal && family === 'IPv4')?.address

test('an address of this machine is listened on; loopback and other machines are not', async (context) => {
  expect(await ownAddresses('http://127.0.0.1:7700')).toEqual([])
  expect(await ownAddresses('http://192.0.2.1:7700')).toEqual([])
  expect(await ownAddresses('https://keelson.invalid')).toEqual([])
  if (own === undefined) return context.skip('this machine has no address but loopback')
  expect(await ownAddresses(`http://${own}:7700`)).toEqual([own])
})

test('the way to a node begins at an address of this machine', async (context) => {
  if (own === undefined) return context.skip('this machine has no address but loopback')
  expect(await addressTowards(own)).toBe(own)
  expect(await addressTowards('no address')).toBeNull()
})
