import type { Me } from '@keelson/contracts/access'
import type { KindOwner, PlatformInfo } from '@keelson/contracts/platform'
import { renderToStaticMarkup } from 'react-dom/server'
import { expect, test } from 'vitest'
import { InstallationProvider } from '@/shell/installation.tsx'
import { KindNotice } from './kind-notice.tsx'

const evidence = 'Its definition is managed by kubeflow-operator.'
const name = 'notebooks.kubeflow.org'

function shown(owner: KindOwner['owner'], isAdmin: boolean): string {
  const me: Me = { username: 'a', name: 'A', email: 'a@b.test', groups: [], isAdmin, view: null, workspaces: [] }
  const info: PlatformInfo = {
    version: '1',
    url: 'http://localhost',
    contentUrl: 'http://127.0.0.1',
    clusterName: 'c',
    embeddedIdentity: true,
    kinds: [{ name, kind: 'Notebook', owner, evidence }],
    notIsolated: null,
  }
  const page = renderToStaticMarkup(
    <InstallationProvider value={{ me, info }}>
      <KindNotice kind="Notebook" />
      <KindNotice kind="InferenceService" />
    </InstallationProvider>,
  )
  return page.replace(/<[^>]+>/g, '')
}

test('the pages of a kind that another operator owns say so, why, and what an admin can do', () => {
  expect(shown('keelson', true)).toBe('')
  const told = shown('other', true)
  expect(told).toContain(`Keelson only shows Notebook objects here, because another operator owns them. ${evidence}`)
  expect(told).toContain(`set KEELSON_KINDS to ${name}=keelson`)
  expect(told).not.toContain('InferenceService')
  expect(shown('other', false)).toContain('Whoever runs this installation can decide otherwise.')
})
