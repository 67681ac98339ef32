export class InterruptedError extends Error {
  constructor() {
    super('the run was interrupted')
    this.name = 'InterruptedError'
  }
}
