//! Language models: which endpoint, with which key, which models.

use super::{ConfigError, Variables};
use wasmforge_host_api::ai::{AiSettings, ImageStyle, ModelPattern};
use zeroize::Zeroizing;

/// Reads `WASMFORGE_AI_BASE_URL`, `WASMFORGE_AI_API_KEY`, `WASMFORGE_AI_MODELS`, `WASMFORGE_AI_IMAGES` and
/// `WASMFORGE_AI_TIMEOUT_MS`. InsForge's `OPENROUTER_API_KEY` is a key, too.
pub(super) fn settings(vars: &Variables) -> Result<AiSettings, ConfigError> {
    let key = vars.get("WASMFORGE_AI_API_KEY").or_else(|| vars.get("OPENROUTER_API_KEY"));
    Ok(AiSettings {
        base_url: vars
            .parse("WASMFORGE_AI_BASE_URL", "an http or https URL without credentials and query")?,
        api_key: key.map(|key| Zeroizing::new(key.trim().to_owned())),
        models: vars.parse::<Models>("WASMFORGE_AI_MODELS", "a list of models")?.map(|models| models.0),
        images: vars.parse::<Images>("WASMFORGE_AI_IMAGES", "`endpoint` or `chat`")?.map(|images| images.0),
        timeout: vars.millis("WASMFORGE_AI_TIMEOUT_MS")?,
    })
}

/// Models with commas between them.
struct Models(Vec<ModelPattern>);

impl std::str::FromStr for Models {
    type Err = wasmforge_host_api::ai::ModelPatternError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let models = text.split(',').map(str::trim).filter(|model| !model.is_empty());
        models.map(str::parse).collect::<Result<_, _>>().map(Self)
    }
}

struct Images(ImageStyle);

impl std::str::FromStr for Images {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        match text {
            "endpoint" => Ok(Self(ImageStyle::Endpoint)),
            "chat" => Ok(Self(ImageStyle::Chat)),
            _ => Err(()),
        }
    }
}
