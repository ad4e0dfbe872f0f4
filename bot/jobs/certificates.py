"""The key with which a server signs its pictures, and the certificates that belong to it."""

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

# No authority tells when a picture was signed, so its certificate has to be good for as long as it is looked at.
LIFETIME = timedelta(days=30 * 365)
# For those whose clock is behind ours.
BEFORE = timedelta(days=1)


def key_and_chain(path: Path) -> tuple[bytes, bytes]:
    """Return the private key of a PEM file, and its certificates, that of the key in front; each as PEM.

    A file that isn't there is made, readable by its owner alone. Raises ValueError and TypeError where it is no such
    file, OSError where it can't be read.
    """
    if not path.exists():
        write_whole(path, _made())
    data = path.read_bytes()
    certificates = x509.load_pem_x509_certificates(data)
    return _pem(load_pem_private_key(data, None)), b"".join(each.public_bytes(Encoding.PEM) for each in certificates)


def _made() -> bytes:
    """Return a new key with its certificates, as C2PA's profile wants them: the key's own, and who issued it.

    The issuer's key is forgotten, so it never issues another. See "Certificate profile" of the C2PA specification.
    """
    root_key, key = generate_private_key(SECP256R1()), generate_private_key(SECP256R1())
    root_name, name = _name("Atelier, root of a server"), _name("Atelier, a server")
    root = _begun(root_name, root_key, root_name, root_key, is_authority=True)
    own = _begun(name, key, root_name, root_key, is_authority=False).add_extension(
        # No picture is an email, but every reader of Content Credentials takes this one.
        x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION]),
        critical=False,
    )
    signed = [each.sign(root_key, SHA256()).public_bytes(Encoding.PEM) for each in (own, root)]
    return _pem(key) + b"".join(signed)


def _begun(
    name: x509.Name,
    key: EllipticCurvePrivateKey,
    issuer_name: x509.Name,
    issuer_key: EllipticCurvePrivateKey,
    *,
    is_authority: bool,
) -> x509.CertificateBuilder:
    """Return what both certificates have in common."""
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
