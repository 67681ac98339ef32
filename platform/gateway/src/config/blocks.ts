/** A configuration as lines, for the languages that nest in braces. */
export type Lines = readonly string[]

export const text = (all: Lines): string => `${all.join('\n').replace(/\n{3,}/g, '\n\n')}\n`

export const indent = (block: Lines, by: string): Lines => block.map((line) => (line === '' ? '' : by + line))
