import { writeFile } from 'node:fs/promises'
import { schemaText } from './schema.js'

// Run after every change of the schema: node core/manifest/dist/write-schema.js
await writeFile(new URL('../schema/everyhop-1.schema.json', import.meta.url), schemaText())
