"""A security key made of software, for tests: does what a browser and a key do together, or lies on demand."""

import json
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

import cbor2
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

HERE = "http://localhost"
PRESENT, VERIFIED, WITH_KEY = 0x01, 0x04, 0x40


def encode(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


def decode(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


@dataclass
class SoftKey:
    """One key on one ring: signs with P-256 and counts how often it did."""

    count: int = 0
    flags: int = PRESENT | VERIFIED
    credential_id: bytes = field(default_factory=lambda: secrets.token_bytes(32))
    private: ec.EllipticCurvePrivateKey = field(
        default_factory=lambda: ec.generate_private_key(ec.SECP256R1())
    )

    def add(self, options: str, *, origin: str = HERE, **lies: Any) -> str:
        """What a browser sends after making a new key for these options."""
        asked = json.loads(options)
        client = self._client_data("webauthn.create", asked["challenge"], origin, lies)
        host = lies.get("host", asked["rp"]["id"])
        body = self._data(host, self.flags | WITH_KEY) + bytes(16)
        body += len(self.credential_id).to_bytes(2, "big") + self.credential_id + self._public()
        attestation = cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": body})
        return self._answer(
            {"clientDataJSON": encode(client), "attestationObject": encode(attestation)}
        )

    def ask(self, options: str, *, origin: str = HERE, **lies: Any) -> str:
        """What a browser sends after asking this key for these options."""
        asked = json.loads(options)
        self.count = lies.get("count", self.count + 1)
        client = self._client_data("webauthn.get", asked["challenge"], origin, lies)
        data = self._data(lies.get("host", asked["rpId"]), lies.get("flags", self.flags))
        signer = lies.get("private", self.private)
        signature = signer.sign(data + sha256(client).digest(), ec.ECDSA(hashes.SHA256()))
        return self._answer(
            {
                "clientDataJSON": encode(client),
                "authenticatorData": encode(data),
                "signature": encode(signature),
                "userHandle": None,
            }
        )

    def _client_data(self, kind: str, challenge: str, origin: str, lies: dict[str, Any]) -> bytes:
        said = {
            "type": lies.get("kind", kind),
            "challenge": lies.get("challenge", challenge),
            "origin": origin,
            "crossOrigin": False,
        }
        return json.dumps(said).encode()

    def _data(self, host: str, flags: int) -> bytes:
        return sha256(host.encode()).digest() + bytes([flags]) + self.count.to_bytes(4, "big")

    def _public(self) -> bytes:
        numbers = self.private.public_key().public_numbers()
        x, y = numbers.x.to_bytes(32, "big"), numbers.y.to_bytes(32, "big")
        return cbor2.dumps({1: 2, 3: -7, -1: 1, -2: x, -3: y})

    def _answer(self, response: dict[str, Any]) -> str:
        name = encode(self.credential_id)
        return json.dumps(
            {
                "id": name,
                "rawId": name,
                "type": "public-key",
                "response": response,
                "clientExtensionResults": {},
            }
        )
