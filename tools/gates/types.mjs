import { complaintsOf } from './tool.mjs'

export const about = 'sources, tools and bench type-check'

export async function check() {
  const projects = [['-b'], ['-p', 'tools'], ['-p', 'bench']]
  const complaints = []
  for (const project of projects) complaints.push(...(await complaintsOf('tsc', [...project, '--pretty', 'false'])))
  return complaints
}
