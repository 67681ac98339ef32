const SECONDS = { s: 1, m: 60, h: 3_600, d: 86_400 } as const

/** `10m` in seconds; NaN for what is no duration. */
export function seconds(duration: string): number {
  const [, count, unit] = /^(\d+)([smhd])$/.exec(duration) ?? []
  return Number(count) * SECONDS[unit as keyof typeof SECONDS]
}

/** A date (midnight UTC) or a time with its zone as epoch seconds; NaN for a day that does not exist. */
export function epoch(instant: string): number {
  const day = instant.slice(0, 10)
  const midnight = Date.parse(`${day}T00:00:00Z`)
  if (Number.isNaN(midnight) || new Date(midnight).toISOString().slice(0, 10) !== day) return Number.NaN
  return instant.length === 10 ? midnight / 1_000 : Math.floor(Date.parse(instant) / 1_000)
}
