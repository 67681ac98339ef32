import type { TestContext } from 'vitest'
import { frontHere } from './edge.js'

/** A machine of a person may lack nginx; the one that decides about a change may not. */
export function needsNginx({ skip }: TestContext): void {
  if (frontHere() === 'nginx') return
  if (process.env['CI'] === 'true') throw new Error('nginx is not installed, and CI must have it')
  skip('nginx is not installed')
}
