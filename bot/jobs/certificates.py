"""The installation's key for signing pictures, and its certificates."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePrivateKey, generate_private_key
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from bot.database.file_store import write_whole

# Signatures have no trusted timestamp, so the certificate has to be valid for as long as pictures are looked at.
LIFETIME = timedelta(days=30 * 365)
# Backdated to tolerate clock skew.
BEFORE = timedelta(days=1)


def key_and_chain(path: Path) -> tuple[bytes, bytes]:
    """Return the private key of a PEM file and its certificate chain, the key's own certificate first, both as PEM.

    Creates the file, readable by its owner alone, if it doesn't exist. Raises ValueError or TypeError if the file has
    other contents, and OSError if it can't be read.
    """
    if not path.exists():
        write_whole(path, _new_key_and_chain())
    data = path.read_bytes()
    certificates = x509.load_pem_x509_certificates(data)
    return _pem(load_pem_private_key(data, None)), b"".join(each.public_bytes(Encoding.PEM) for each in certificates)


def _new_key_and_chain() -> bytes:
    """Return a new key with its own certificate and that of its issuer, as PEM.

    They follow the "Certificate profile" of the C2PA specification. The issuer's key is discarded, so that it can't
    issue another certificate.
    """
    root_key, key = generate_private_key(SECP256R1()), generate_private_key(SECP256R1())
    root_name, name = _name("Atelier, root of a server"), _name("Atelier, a server")
    root = _certificate_builder(root_name, root_key, root_name, root_key, is_authority=True)
    own = _certificate_builder(name, key, root_name, root_key, is_authority=False).add_extension(
        # The usage is meant for email, but it is one that every validator of Content Credentials accepts.
        x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION]),
        critical=False,
    )
    signed = [each.sign(root_key, SHA256()).public_bytes(Encoding.PEM) for each in (own, root)]
    return _pem(key) + b"".join(signed)


def _certificate_builder(
    name: x509.Name,
    key: EllipticCurvePrivateKey,
    issuer_name: x509.Name,
    issuer_key: EllipticCurvePrivateKey,
    *,
    is_authority: bool,
) -> x509.CertificateBuilder:
    """Return a builder with the fields and extensions that both certificates need."""
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(issuer_name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - BEFORE)
        .not_valid_after(now + LIFETIME)
        .add_extension(x509.BasicConstraints(is_authority, 0 if is_authority else None), critical=True)
        .add_extension(
            x509.KeyUsage(
                digital_signature=not is_authority,
                content_commitment=False,
                key_encipherment=False,
                data_encipherment=False,
                key_agreement=False,
                key_cert_sign=is_authority,
                crl_sign=is_authority,
                encipher_only=False,
                decipher_only=False,
            ),
            critical=True,
        )
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()), critical=False)
    )


def _name(name: str) -> x509.Name:
    return x509.Name(
        [x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Atelier"), x509.NameAttribute(NameOID.COMMON_NAME, name)]
    )


def _pem(key: PrivateKeyTypes) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
