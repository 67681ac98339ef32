/** The issuer was put together wrongly: thrown at start-up, never for a request. */
export class ConfigError extends Error {
  /** Stable: `config.audience`. */
  readonly code: `config.${string}`

  constructor(code: `config.${string}`, message: string) {
    super(message)
    this.name = 'ConfigError'
    this.code = code
  }
}
