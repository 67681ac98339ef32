import pc from 'picocolors'

/** Colour for people at a terminal only: neither in pipes nor against NO_COLOR. */
export const isColourful: boolean = process.stdout.isTTY && (process.env['NO_COLOR'] ?? '') === ''

export const colours = pc.createColors(isColourful)
