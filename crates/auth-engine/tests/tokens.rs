//! Tokens that are none of ours, or no longer good: each is refused, and each for the right reason.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::{sync::Arc, time::Duration};

use auth_engine::{
    AuthEngine, AuthError, Authentication, KeyError, Keys, MIGRATIONS, Session, Settings, SigningKey, Store,
    TokenKeys, VerifyingKey, factories,
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use engine_interfaces::{Clock, SystemClock};
use jsonwebtoken::{Algorithm, EncodingKey, crypto};
use serde_json::{Value, json};
use test_support::{FixedClock, TestDatabase};

const SECRET: &str = "the signing secret of these tests";
const OTHER_SECRET: &str = "another secret of the same length";
const ED25519: &str = include_str!("keys/ed25519.pem");
const ED25519_PUBLIC: &str = include_str!("keys/ed25519.pub.pem");
const OTHER_ED25519: &str = include_str!("keys/other_ed25519.pem");
const RSA: &str = include_str!("keys/rsa.pem");
const RSA_PUBLIC: &str = include_str!("keys/rsa.pub.pem");

fn hs256() -> SigningKey {
    SigningKey::hs256(&SECRET.into()).unwrap()
}

fn eddsa() -> SigningKey {
    SigningKey::eddsa("ed", &ED25519.into(), ED25519_PUBLIC).unwrap()
}

fn rs256() -> SigningKey {
    SigningKey::rs256("rsa", &RSA.into(), RSA_PUBLIC).unwrap()
}

/// An engine that signs by HS256 and accepts EdDSA and RS256 too, with one user who is signed in.
struct Rig {
    database: TestDatabase,
    clock: Arc<FixedClock>,
    auth: Arc<AuthEngine>,
    session: Session,
}

impl Rig {
    async fn new() -> Self {
        let keys = TokenKeys::new(hs256())
            .accepting(VerifyingKey::eddsa("ed", ED25519_PUBLIC).unwrap())
            .and_then(|keys| keys.accepting(VerifyingKey::rs256("rsa", RSA_PUBLIC).unwrap()));
        let database = TestDatabase::sqlite(MIGRATIONS).await;
        let clock = Arc::new(FixedClock::default());
        let auth = start(&database, &clock, keys.unwrap(), factories::settings()).await;
        let session = factories::user(&*auth).create().await;
        Self { database, clock, auth, session }
    }

    async fn signing_with(&self, keys: TokenKeys) -> Arc<AuthEngine> {
        start(&self.database, &self.clock, keys, factories::settings()).await
    }

    fn good(&self) -> Parts {
        Parts::of(self.session.token.expose())
    }
}

async fn start(
    database: &TestDatabase,
    clock: &Arc<FixedClock>,
    tokens: TokenKeys,
    settings: Settings,
) -> Arc<AuthEngine> {
    let keys = Keys { tokens, ..factories::keys() };
    let broker = Arc::new(factories::RecordingBroker::default());
    AuthEngine::new(Store::over(database.database()), broker, clock.clone(), keys, settings).await.unwrap()
}

/// A token taken apart, to be put together another way.
#[derive(Clone)]
struct Parts {
    header: Value,
    claims: Value,
}

impl Parts {
    fn of(token: &str) -> Self {
        let part = |n: usize| {
            let bytes = URL_SAFE_NO_PAD.decode(token.split('.').nth(n).unwrap()).unwrap();
            serde_json::from_slice(&bytes).unwrap()
        };
        Self { header: part(0), claims: part(1) }
    }

    fn header(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.header[name] = value.into();
        self
    }

    fn claim(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.claims[name] = value.into();
        self
    }

    fn without(mut self, name: &str) -> Self {
        self.header.as_object_mut().unwrap().remove(name);
        self.claims.as_object_mut().unwrap().remove(name);
        self
    }

    /// Signed as our own tokens are, whatever the header says.
    fn signed(&self) -> String {
        self.signed_with(&EncodingKey::from_secret(SECRET.as_bytes()), Algorithm::HS256)
    }

    fn signed_with(&self, key: &EncodingKey, algorithm: Algorithm) -> String {
        sign(&self.header.to_string(), &self.claims.to_string(), key, algorithm)
    }
}

fn sign(header: &str, claims: &str, key: &EncodingKey, algorithm: Algorithm) -> String {
    let message = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims));
    let signature = crypto::sign(message.as_bytes(), key, algorithm).unwrap();
    format!("{message}.{signature}")
}

fn secret(text: &str) -> EncodingKey {
    EncodingKey::from_secret(text.as_bytes())
}

fn rsa() -> EncodingKey {
    EncodingKey::from_rsa_pem(RSA.as_bytes()).unwrap()
}

fn ed(pem: &str) -> EncodingKey {
    EncodingKey::from_ed_pem(pem.as_bytes()).unwrap()
}

/// Every way to make a token that is none of ours.
fn forgeries(rig: &Rig) -> Vec<(&'static str, String)> {
    let good = || rig.good();
    let text = rig.session.token.expose();
    let [header, payload, signature] = text.split('.').collect::<Vec<_>>()[..] else {
        panic!("three parts");
    };
    let now = rig.clock.now().secs();
    let unsigned = |parts: Parts| {
        let text = parts.signed();
        text[..=text.rfind('.').unwrap()].to_owned()
    };
    let raw_claims = good().claims.to_string();
    let raw_header = good().header.to_string();
    let mut forged = vec![
        ("empty", String::new()),
        ("white space", "   ".to_owned()),
        ("one word", "token".to_owned()),
        ("dots alone", "..".to_owned()),
        ("two parts", format!("{header}.{payload}")),
        ("four parts", format!("{text}.{signature}")),
        ("an empty part in front", format!(".{text}")),
        ("an empty part behind", format!("{text}.")),
        ("a space in front", format!(" {text}")),
        ("a line end behind", format!("{text}\n")),
        ("the scheme left in", format!("Bearer {text}")),
        ("a NUL behind", format!("{text}\0")),
        ("padded base64", format!("{header}.{payload}.{signature}=")),
        ("no signature", format!("{header}.{payload}.")),
        ("half a signature", format!("{header}.{payload}.{}", &signature[..20])),
        ("another character in the signature", format!("{header}.{payload}.{}", flipped(signature))),
        ("another character in the payload", format!("{header}.{}.{signature}", flipped(payload))),
        ("another character in the header", format!("{}.{payload}.{signature}", flipped(header))),
        (
            "the signature of another token",
            format!(
                "{header}.{payload}.{}",
                good().claim("sub", json!(SystemClock.new_id())).signed().rsplit('.').next().unwrap()
            ),
        ),
        ("huge", "a".repeat(1_000_000)),
        ("huge and signed", good().claim("more", "a".repeat(100_000)).signed()),
        ("not ASCII", "é.é.é".to_owned()),
        ("no JSON", sign("header", "claims", &secret(SECRET), Algorithm::HS256)),
        ("a header that is a list", sign("[]", &raw_claims, &secret(SECRET), Algorithm::HS256)),
        ("claims that are a list", sign(&raw_header, "[]", &secret(SECRET), Algorithm::HS256)),
        ("claims that are null", sign(&raw_header, "null", &secret(SECRET), Algorithm::HS256)),
        ("claims that are no UTF-8", {
            let message = format!("{header}.{}", URL_SAFE_NO_PAD.encode(b"{\"sub\":\"\xff\"}"));
            let signature = crypto::sign(message.as_bytes(), &secret(SECRET), Algorithm::HS256).unwrap();
            format!("{message}.{signature}")
        }),
        (
            "a claim twice",
            sign(
                &raw_header,
                &raw_claims.replacen('{', "{\"aud\":\"parlour\",", 1),
                &secret(SECRET),
                Algorithm::HS256,
            ),
        ),
        (
            "a header field twice",
            sign(
                &raw_header.replacen('{', "{\"alg\":\"HS256\",", 1),
                &raw_claims,
                &secret(SECRET),
                Algorithm::HS256,
            ),
        ),
        // algorithms
        ("alg none, unsigned", unsigned(good().header("alg", "none"))),
        ("alg None, signed", good().header("alg", "None").signed()),
        ("alg empty", good().header("alg", "").signed()),
        ("alg missing", good().without("alg").signed()),
        ("alg a number", good().header("alg", 256).signed()),
        ("alg in lower case", good().header("alg", "hs256").signed()),
        (
            "HS512 with our secret",
            good().header("alg", "HS512").signed_with(&secret(SECRET), Algorithm::HS512),
        ),
        ("HS384 said, HS256 done", good().header("alg", "HS384").signed()),
        ("RS256 by our kid", good().header("alg", "RS256").signed_with(&rsa(), Algorithm::RS256)),
        (
            "HS256 with the RSA public key as secret",
            good().header("kid", "rsa").signed_with(&secret(RSA_PUBLIC), Algorithm::HS256),
        ),
        (
            "HS256 with the Ed25519 public key as secret",
            good().header("kid", "ed").signed_with(&secret(ED25519_PUBLIC), Algorithm::HS256),
        ),
        ("HS256 with our secret by the kid of RSA", good().header("kid", "rsa").signed()),
        (
            "PS256 with the RSA key",
            good().header("kid", "rsa").header("alg", "PS256").signed_with(&rsa(), Algorithm::PS256),
        ),
        (
            "RS512 with the RSA key",
            good().header("kid", "rsa").header("alg", "RS512").signed_with(&rsa(), Algorithm::RS512),
        ),
        // keys
        ("another secret", good().signed_with(&secret(OTHER_SECRET), Algorithm::HS256)),
        ("the empty secret", good().signed_with(&secret(""), Algorithm::HS256)),
        (
            "another Ed25519 key",
            good()
                .header("kid", "ed")
                .header("alg", "EdDSA")
                .signed_with(&ed(OTHER_ED25519), Algorithm::EdDSA),
        ),
        ("kid missing", good().without("kid").signed()),
        ("kid empty", good().header("kid", "").signed()),
        ("kid unknown", good().header("kid", "unknown").signed()),
        ("kid a number", good().header("kid", 1).signed()),
        ("kid null", good().header("kid", Value::Null).signed()),
        ("kid a path", good().header("kid", "../../dev/null").signed_with(&secret(""), Algorithm::HS256)),
        (
            "kid SQL",
            good().header("kid", "' UNION SELECT 'key' --").signed_with(&secret("key"), Algorithm::HS256),
        ),
        ("kid with a NUL", good().header("kid", "ed\0").signed()),
        ("its own key in the header", {
            let jwk = json!({"kty": "oct", "k": URL_SAFE_NO_PAD.encode(OTHER_SECRET), "alg": "HS256"});
            good().header("jwk", jwk).signed_with(&secret(OTHER_SECRET), Algorithm::HS256)
        }),
        ("a critical extension", good().header("crit", json!(["exp"])).signed()),
        ("an empty list of critical extensions", good().header("crit", json!([])).signed()),
        // claims
        ("another issuer", good().claim("iss", "elsewhere").signed()),
        ("another audience", good().claim("aud", "elsewhere").signed()),
        ("a list of audiences", good().claim("aud", json!(["parlour"])).signed()),
        ("an issuer in capitals", good().claim("iss", "Parlour").signed()),
        ("issued in the future", good().claim("iat", now + 31).claim("exp", now + 600).signed()),
        ("not yet valid", good().claim("nbf", now + 31).signed()),
        ("nbf a text", good().claim("nbf", "now").signed()),
        ("ends before it begins", good().claim("exp", now - 1).claim("iat", now).signed()),
        ("exp a text", good().claim("exp", (now + 600).to_string()).signed()),
        ("exp a fraction", good().claim("exp", 1e10 + 0.5).signed()),
        ("exp beyond the calendar", good().claim("exp", i64::MAX).signed()),
        (
            "exp beyond a number",
            sign(
                &raw_header,
                &raw_claims.replace("\"exp\":", "\"exp\":99999999999"),
                &secret(SECRET),
                Algorithm::HS256,
            ),
        ),
        ("iat negative beyond the calendar", good().claim("iat", i64::MIN).signed()),
        ("sub a number", good().claim("sub", 1).signed()),
        ("sub no id", good().claim("sub", "ann").signed()),
        ("sub empty", good().claim("sub", "").signed()),
        ("jti no id", good().claim("jti", "1").signed()),
        ("gen a text", good().claim("gen", "0").signed()),
        ("gen too large", good().claim("gen", i64::MAX).signed()),
        ("iss null", good().claim("iss", Value::Null).signed()),
        ("aud an object", good().claim("aud", json!({"parlour": true})).signed()),
    ];
    for (name, claim) in [
        ("iss missing", "iss"),
        ("aud missing", "aud"),
        ("sub missing", "sub"),
        ("jti missing", "jti"),
        ("iat missing", "iat"),
        ("exp missing", "exp"),
        ("gen missing", "gen"),
    ] {
        forged.push((name, good().without(claim).signed()));
    }
    forged
}

/// The text with one character changed that carries whole bits.
fn flipped(text: &str) -> String {
    let other = if text[4..].starts_with('A') { "B" } else { "A" };
    format!("{}{other}{}", &text[..4], &text[5..])
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_none_of_ours_is_invalid() {
    let rig = Rig::new().await;
    let forgeries = forgeries(&rig);
    assert!(forgeries.len() >= 40);
    for (name, token) in forgeries {
        let answer = rig.auth.authenticate_token(&token).await;
        assert!(matches!(answer, Err(AuthError::TokenInvalid)), "{name}: {answer:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_forger_could_have_made_a_good_one() {
    let rig = Rig::new().await;
    for (name, token) in [
        ("as it is", rig.good().signed()),
        (
            "EdDSA",
            rig.good().header("kid", "ed").header("alg", "EdDSA").signed_with(&ed(ED25519), Algorithm::EdDSA),
        ),
        (
            "RS256",
            rig.good().header("kid", "rsa").header("alg", "RS256").signed_with(&rsa(), Algorithm::RS256),
        ),
        ("within the leeway", rig.good().claim("nbf", rig.clock.now().secs() + 30).signed()),
        ("with a claim of somebody else's", rig.good().claim("scope", "all").signed()),
    ] {
        let identity = rig.auth.authenticate_token(&token).await;
        assert_eq!(identity.unwrap().user_id, rig.session.user.id, "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_ends_after_its_life_and_the_leeway() {
    let rig = Rig::new().await;
    let text = rig.session.token.expose();
    rig.clock.advance(Duration::from_secs(24 * 60 * 60 + 29));
    rig.auth.authenticate_token(text).await.unwrap();
    rig.clock.advance(Duration::from_secs(1));
    let answer = rig.auth.authenticate_token(text).await;
    assert!(matches!(answer, Err(AuthError::TokenExpired)), "{answer:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn no_token_lives_longer_than_tokens_live_now() {
    let rig = Rig::new().await;
    let long = rig.good().claim("exp", rig.clock.now().secs() + 1_000_000).signed();
    let identity = rig.auth.authenticate_token(&long).await.unwrap();
    assert_eq!(identity.token.unwrap().expires_at, rig.session.expires_at);
    rig.clock.advance(Duration::from_secs(24 * 60 * 60 + 30));
    let answer = rig.auth.authenticate_token(&long).await;
    assert!(matches!(answer, Err(AuthError::TokenExpired)), "{answer:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_signed_out_token_is_revoked_until_it_has_expired() {
    let rig = Rig::new().await;
    let text = rig.session.token.expose();
    let token = rig.auth.authenticate_token(text).await.unwrap().token.unwrap();
    rig.auth.sign_out(token).await.unwrap();
    let answer = rig.auth.authenticate_token(text).await;
    assert!(matches!(answer, Err(AuthError::TokenRevoked)), "{answer:?}");
    rig.clock.advance(Duration::from_secs(24 * 60 * 60 + 30));
    let answer = rig.auth.authenticate_token(text).await;
    assert!(matches!(answer, Err(AuthError::TokenExpired)), "{answer:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_change_with_an_overlap() {
    let rig = Rig::new().await;
    let old = rig.session.token.expose();
    let next = [eddsa(), rs256()];
    for signing in next {
        let overlap = TokenKeys::new(signing.clone());
        let overlap = overlap.accepting(VerifyingKey::hs256(&SECRET.into()).unwrap()).unwrap();
        let auth = rig.signing_with(overlap).await;
        auth.authenticate_token(old).await.unwrap();
        let new = factories::user(&*auth).create().await;
        auth.authenticate_token(new.token.expose()).await.unwrap();
        rig.auth.authenticate_token(new.token.expose()).await.unwrap();

        let alone = rig.signing_with(TokenKeys::new(signing)).await;
        alone.authenticate_token(new.token.expose()).await.unwrap();
        let answer = alone.authenticate_token(old).await;
        assert!(matches!(answer, Err(AuthError::TokenInvalid)), "{answer:?}");
    }
}

#[test]
fn what_is_no_key_is_found_at_the_start() {
    let short = "x".repeat(31);
    assert_eq!(SigningKey::hs256(&short.into()).err(), Some(KeyError::TooShort));
    let mixed = SigningKey::eddsa("ed", &OTHER_ED25519.into(), ED25519_PUBLIC);
    assert_eq!(mixed.err(), Some(KeyError::NotAPair));
    let no_key = SigningKey::rs256("rsa", &"no key".into(), RSA_PUBLIC);
    assert_eq!(no_key.err(), Some(KeyError::Malformed("RSA")));
    let wrong_kind = SigningKey::rs256("rsa", &ED25519.into(), RSA_PUBLIC);
    assert!(wrong_kind.is_err());
    let wrong_kind = VerifyingKey::eddsa("ed", RSA_PUBLIC);
    assert_eq!(wrong_kind.err(), Some(KeyError::Malformed("Ed25519")));
    let twice = TokenKeys::new(hs256()).accepting(VerifyingKey::hs256(&SECRET.into()).unwrap());
    assert!(matches!(twice.err(), Some(KeyError::SameId(_))));
}

#[test]
fn no_key_shows_its_secret() {
    let shown = format!("{:?} {:?} {:?}", hs256(), eddsa(), rs256());
    assert!(!shown.contains("signing secret") && !shown.contains("PRIVATE"), "{shown}");
}
