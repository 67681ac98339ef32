#!/usr/bin/env node
try {
  await import('../dist/main.js')
} catch (error) {
  if (error.code !== 'ERR_MODULE_NOT_FOUND' || !String(error.message).includes('dist/main.js')) throw error
  console.error('everyhop: not built yet. In a checkout, run: npm run build')
  process.exitCode = 3
}
