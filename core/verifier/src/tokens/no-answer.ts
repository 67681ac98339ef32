/** Why there is no answer to go by. Its message is ours and may be shown: it quotes nothing of question or answer. */
export class NoAnswer extends Error {
  override readonly name = 'NoAnswer'
}
