// Verify SD-JWT VCs with other people's software: one JSON object a line in, one a line out.
//   {"sd_jwt", "jwk", "now", "lists": {address: token}}  ->  {"payload"} or {"error"}
import { createHash } from 'node:crypto';
import { createInterface } from 'node:readline';
import { SDJwtVcInstance } from '@sd-jwt/sd-jwt-vc';
import { compactVerify, importJWK } from 'jose';

const hasher = (data, algorithm) => createHash(algorithm.replace('-', '')).update(data).digest();

async function verify({ sd_jwt, jwk, now, lists = {} }) {
  const verifier = async (data, signature) => {
    const algorithm = JSON.parse(Buffer.from(data.split('.')[0], 'base64url')).alg;
    try {
      await compactVerify(`${data}.${signature}`, await importJWK(jwk, algorithm));
      return true;
    } catch {
      return false;
    }
  };
  const statusListFetcher = async (address) => {
    if (!(address in lists)) throw new Error(`asked for ${address}`);
    return lists[address];
  };
  const instance = new SDJwtVcInstance({ verifier, hasher, hashAlg: 'sha-256', statusListFetcher });
  return (await instance.verify(sd_jwt, { currentDate: now })).payload;
}

for await (const line of createInterface({ input: process.stdin })) {
  let answer;
  try {
    answer = { payload: await verify(JSON.parse(line)) };
  } catch (error) {
    answer = { error: String(error.message) };
  }
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
