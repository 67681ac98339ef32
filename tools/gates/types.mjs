import { complaintsOf } from './tool.mjs'

export const about = 'sources and tools type-check'

export async function check() {
  return [...(await complaintsOf('tsc', ['-b', '--pretty', 'false'])), ...(await complaintsOf('tsc', ['-p', 'tools', '--pretty', 'false']))]
}
