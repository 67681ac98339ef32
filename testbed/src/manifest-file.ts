import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** Where the examples write their addresses; a run gives each a free port. */
const WRITTEN = { issuer: 9000, edge: 8443, application: 8080, witness: 9901, middle: 8444, second: 8081, secondWitness: 9902 } as const

export type Place = keyof typeof WRITTEN
export type Ports = Readonly<Record<Place, number>>
export const PLACES = Object.keys(WRITTEN) as readonly Place[]

export type Edit = (text: string) => string

/** Writes the manifest of `examples/demo/NAME` into the run's directory, with the run's own ports. Resolves to its path. */
export async function writeManifest(
  name: string,
  { dir, ports, edit = (text) => text }: { readonly dir: string; readonly ports: Ports; readonly edit?: Edit },
): Promise<string> {
  const example = fileURLToPath(new URL(`../../examples/demo/${name}/everyhop.yaml`, import.meta.url))
  const written = new Map(PLACES.map((place) => [String(WRITTEN[place]), ports[place]]))
  const text = (await readFile(example, 'utf8')).replace(
    /((?:127\.0\.0\.1|localhost):)(\d+)/g,
    (_, host: string, port: string) => `${host}${written.get(port) ?? port}`,
  )
  const file = join(dir, 'everyhop.yaml')
  await writeFile(file, edit(text))
  return file
}

/** The day so many days from today, as manifests write it. */
export const day = (days: number): string => new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10)

/** Puts a waiver's dates where they belong today: an example that stands in a repository would expire there. */
export const waiverDates =
  ({ start, end }: { readonly start: number; readonly end: number }): Edit =>
  (text) =>
    text
      .replace(/start: [\d-]+/, `start: ${day(start)}`)
      .replace(/end: [\d-]+/, `end: ${day(end)}`)
      .replace(/tested: [\d-]+/, `tested: ${day(start)}`)
