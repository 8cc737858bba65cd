import { createHmac } from 'node:crypto'

/**
 * What proves to a volume's file server that the gateway asks: the same from every gateway of the installation, another for every viewer,
 * so that a server which sees it can do no more than ask itself.
 */
export function fileTokens(secret: string): (viewer: { workspace: string; name: string }) => string {
  return ({ workspace, name }) =>
    createHmac('sha256', secret).update(`keelson file server\0${workspace}\0${name}`).digest('base64url')
}
