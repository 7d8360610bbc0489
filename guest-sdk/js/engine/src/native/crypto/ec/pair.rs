//! A key on one curve.

use super::{Ec, Error, KIND, Outcome};
use crate::native::crypto::random::HostRandom;
use ecdsa::Signature;
use ecdsa::hazmat::{bits2field, sign_prehashed, verify_prehashed};
use elliptic_curve::pkcs8::{DecodePrivateKey, DecodePublicKey, Document, EncodePrivateKey, EncodePublicKey};
use elliptic_curve::sec1::ToEncodedPoint;
use elliptic_curve::{Curve, CurveArithmetic, FieldBytes, NonZeroScalar, PublicKey, SecretKey};

const INVALID: Error = Error::Data("the key is no valid key of its curve");
const FAILED: Error = Error::Operation("the operation failed");

/// A public key, with its secret or without.
pub(super) struct Pair<C: CurveArithmetic> {
    public: PublicKey<C>,
    secret: Option<SecretKey<C>>,
}

/// The curves' types have bounds in common that no trait sums up: what is the same for all is written once here.
macro_rules! curve {
    ($C:ty) => {
        impl Pair<$C> {
            pub(super) fn generate() -> Self {
                Self::of(SecretKey::random(&mut HostRandom))
            }

            pub(super) fn from_point(point: &[u8]) -> Outcome<Self> {
                let public = PublicKey::from_sec1_bytes(point).map_err(|_| INVALID)?;
                Ok(Self { public, secret: None })
            }

            pub(super) fn from_scalar(scalar: &[u8], point: &[u8]) -> Outcome<Self> {
                let pair = Self::of(SecretKey::from_slice(scalar).map_err(|_| INVALID)?);
                if pair.public == Self::from_point(point)?.public { Ok(pair) } else { Err(INVALID) }
            }

            pub(super) fn from_spki(der: &[u8]) -> Outcome<Self> {
                let public = PublicKey::from_public_key_der(der).map_err(|_| INVALID)?;
                Ok(Self { public, secret: None })
            }

            pub(super) fn from_pkcs8(der: &[u8]) -> Outcome<Self> {
                Ok(Self::of(SecretKey::from_pkcs8_der(der).map_err(|_| INVALID)?))
            }

            fn of(secret: SecretKey<$C>) -> Self {
                Self { public: secret.public_key(), secret: Some(secret) }
            }
        }

        impl Ec for Pair<$C> {
            fn point(&self) -> Vec<u8> {
                self.public.to_encoded_point(false).as_bytes().to_vec()
            }

            fn scalar(&self) -> Option<Vec<u8>> {
                Some(self.secret.as_ref()?.to_bytes().to_vec())
            }

            fn der(&self) -> Outcome<Vec<u8>> {
                match &self.secret {
                    Some(secret) => {
                        secret.to_pkcs8_der().map(|der| der.as_bytes().to_vec()).map_err(|_| FAILED)
                    }
                    None => self.public.to_public_key_der().map(Document::into_vec).map_err(|_| FAILED),
                }
            }

            fn sign(&self, hashed: &[u8]) -> Outcome<Vec<u8>> {
                let secret = self.secret.as_ref().ok_or(KIND)?.to_nonzero_scalar();
                let k = NonZeroScalar::<$C>::random(&mut HostRandom);
                let (signature, _) =
                    sign_prehashed::<$C, _>(&secret, *k, &field::<$C>(hashed)?).map_err(|_| FAILED)?;
                Ok(signature.to_bytes().to_vec())
            }

            fn verify(&self, hashed: &[u8], signature: &[u8]) -> bool {
                let (Ok(signature), Ok(hashed)) =
                    (Signature::<$C>::from_slice(signature), field::<$C>(hashed))
                else {
                    return false;
                };
                verify_prehashed::<$C>(&self.public.to_projective(), &hashed, &signature).is_ok()
            }

            fn agree(&self, point: &[u8]) -> Outcome<Vec<u8>> {
                let secret = self.secret.as_ref().ok_or(KIND)?;
                let public = PublicKey::<$C>::from_sec1_bytes(point)
                    .map_err(|_| Error::Access("the keys are of different curves"))?;
                let shared =
                    elliptic_curve::ecdh::diffie_hellman(secret.to_nonzero_scalar(), public.as_affine());
                Ok(shared.raw_secret_bytes().to_vec())
            }

            fn public(&self) -> Box<dyn Ec> {
                Box::new(Self { public: self.public, secret: None })
            }
        }
    };
}

curve!(p256::NistP256);
curve!(p384::NistP384);
curve!(p521::NistP521);

/// A hash as a number of the field's length: its first bytes, or with zeros before it.
fn field<C: Curve + elliptic_curve::PrimeCurve>(hashed: &[u8]) -> Outcome<FieldBytes<C>> {
    let length = FieldBytes::<C>::default().len();
    let mut padded = vec![0; length.saturating_sub(hashed.len())];
    padded.extend_from_slice(hashed);
    bits2field::<C>(&padded).map_err(|_| FAILED)
}
