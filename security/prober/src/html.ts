/** Markup that may stand as it is. Only `html` and `raw` make it, so that text cannot become markup by being forgotten. */
export class Html {
  readonly #text: string

  constructor(text: string) {
    this.#text = text
  }

  toString(): string {
    return this.#text
  }
}

type Value = string | number | Html | undefined | readonly Value[]

/** Text in it is escaped for content and quoted attributes alike; markup, and lists of it, stay. */
export const html = (parts: TemplateStringsArray, ...values: readonly Value[]): Html =>
  new Html(parts.map((part, index) => (index === 0 ? part : written(values[index - 1]) + part)).join(''))

/** For what is ours to the last character, as a style sheet is. */
export const raw = (text: string): Html => new Html(text)

function written(value: Value): string {
  if (value === undefined) return ''
  if (value instanceof Html) return value.toString()
  return typeof value === 'object' ? value.map(written).join('') : escapeHtml(String(value))
}

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;', '`': '&#96;', '=': '&#61;' }

/** Control characters, lone surrogates and what turns the direction of writing around become U+FFFD: none may change how its neighbours read. */
const escapeHtml = (text: string): string =>
  text.replace(/[^\P{Cc}\n\t]|[\uD800-\uDFFF\u061C\u200E\u200F\u202A-\u202E\u2066-\u2069]/gu, '\uFFFD').replace(/[&<>"'`=]/g, (char) => ENTITIES[char]!)
