import { expect, test } from 'vitest'
import { askSnippets, mlflowAddress, trainSnippets } from './snippets.ts'

test('snippets carry this installation and this workspace, and no secret', () => {
  for (const snippet of trainSnippets('http://localhost:7700', 'telco')) {
    expect(snippet.code).toContain(mlflowAddress('http://localhost:7700', 'telco'))
    expect(snippet.code).not.toContain('kls_')
  }
})

test('a quote in the body cannot end the shell’s string', () => {
  const [curl] = askSnippets('http://localhost:7700/x', `{"a": "it's"}`)
  expect(curl?.code).toContain(`'{"a": "it'\\''s"}'`)
})
