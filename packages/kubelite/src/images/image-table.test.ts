import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { defaultPullPolicy, parseImageName } from './image-name.ts'
import { openImageTable, parseImageTable } from './image-table.ts'
import { pullImage } from './pull-image.ts'

const dir = mkdtempSync(join(tmpdir(), 'images-'))
afterAll(() => rmSync(dir, { recursive: true, force: true }))
const problemsOf = (text: string) => {
  try {
    return parseImageTable(text, 'images.yaml', '/base').length
  } catch (error) {
    return (error as Error).message
  }
}

describe('image names', () => {
  it.each([
    ['busybox', 'busybox', 'latest'],
    ['docker.io/library/busybox:1.36', 'busybox', '1.36'],
    ['ghcr.io/me/x:v1', 'ghcr.io/me/x', 'v1'],
    ['localhost:5000/x', 'localhost:5000/x', 'latest'],
    [`keelson/python:1@sha256:${'a'.repeat(64)}`, 'keelson/python', '1'],
  ])('%s', (reference, name, tag) => expect(parseImageName(reference)).toEqual({ name, tag }))

  it('has the default pull policy of the API server', () => {
    expect([defaultPullPolicy('a'), defaultPullPolicy('a:latest'), defaultPullPolicy('a:1')]).toEqual([
      'Always',
      'Always',
      'IfNotPresent',
    ])
  })
})

describe('the image table', () => {
  it('finds the built-in images with or without registry and tag', () => {
    const table = openImageTable()
    expect(table.find('docker.io/library/busybox:1.36')).toMatchObject({ runtime: 'shell' })
    expect(table.find('keelson/python:1')).toMatchObject({ runtime: 'python', environment: 'ml' })
    expect(table.find('keelson/python:2')).toBeNull()
    expect(table.find('keelson/telco-churn:1')?.files).toMatch(/examples\/telco-churn$/)
  })

  it('takes the person’s own entries over the built-in ones, anew when the file changes', () => {
    const userFile = join(dir, 'images.yaml')
    const table = openImageTable({ userFile })
    expect(table.find('mine:1')).toBeNull()
    writeFileSync(
      userFile,
      'images:\n  mine: { runtime: python, environment: ./env, files: src }\n  busybox: { runtime: shell, command: [bash] }\n',
    )
    expect(table.find('mine:1')).toMatchObject({ environment: join(dir, 'env'), files: join(dir, 'src') })
    expect(table.find('busybox')).toMatchObject({ command: ['bash'] })
    writeFileSync(userFile, '# nothing any more\n')
    expect(table.find('mine:1')).toBeNull()
  })

  it('says every fault and where it is', () => {
    expect(problemsOf('images:\n  a: { runtime: docker }')).toContain('images.a.runtime')
    expect(problemsOf('images:\n  a: { runtime: python }\n  b: { runtime: shell, extra: 1 }')).toMatch(
      /images\.a\.environment.*images\.b/,
    )
    expect(problemsOf('images: [1]')).toContain('images')
    expect(problemsOf('images: {')).toMatch(/^images\.yaml is not a valid image table/)
    expect(problemsOf('- a')).toContain('(file)')
    const bomb = `a: &a [x,x,x,x,x,x,x,x,x]\n${'bcdefghi'
      .split('')
      .map((name, index) => `${name}: &${name} [${Array(9).fill(`*${'abcdefgh'[index]}`)}]`)
      .join('\n')}`
    expect(problemsOf(bomb)).toMatch(/^images\.yaml is not a valid image table/)
  })

  it('refuses an unknown image with what to do', async () => {
    const userFile = join(dir, 'images.yaml')
    await expect(pullImage(openImageTable({ userFile }), 'team/model:7')).rejects.toMatchObject({
      code: 'not_found',
      message: expect.stringContaining(`image "team/model:7" is not in ${userFile}: add an entry for it there`),
    })
  })
})
