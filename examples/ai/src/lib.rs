//! Asks a language model: `POST` a question, and the answer comes back as it is made. `?whole` waits for all of it,
//! `?embed` gives the question's vector, `?paint` an image. `?model=` chooses the model.

use serde_json::json;
use wasmforge::{Body, Error, IntoResponse, Request, RequestExt, Response, Result, ai, response};

const CHAT: &str = "openai/gpt-4o-mini";
const EMBEDDINGS: &str = "openai/text-embedding-3-small";
const IMAGES: &str = "openai/gpt-image-1";

#[wasmforge::handler]
async fn main(req: Request) -> Result<Response> {
    let asked = |name: &str| req.query(name).is_some();
    let model =
        |default: &str| req.query("model").map_or_else(|| default.to_owned(), |name| name.into_owned());
    let (whole, embed, paint) = (asked("whole"), asked("embed"), asked("paint"));
    let (chat, embeddings, images) = (model(CHAT), model(EMBEDDINGS), model(IMAGES));
    let question = req.text().await?;
    if question.is_empty() {
        return Err(Error::bad_request("ask something"));
    }
    if embed {
        return response::json(&ai::embed(embeddings, [question]).await?.vectors);
    }
    if paint {
        return painted(ai::image(images, question).send().await?);
    }
    let chat = ai::chat(chat).system("Answer in one paragraph.").user(question);
    if whole {
        let answer = chat.send().await?;
        let usage = json!({ "prompt": answer.usage.prompt, "completion": answer.usage.completion });
        return response::json(&json!({ "text": answer.text, "usage": usage }));
    }
    let mut answer = chat.stream().await?;
    // The first part decides whether there is an answer at all: later it is too late for another status.
    let Some(first) = answer.next().await? else { return Ok(().into_response()) };
    Ok(Response::new(Body::stream(async move |sender| {
        sender.send(first).await?;
        while let Some(text) = answer.next().await? {
            sender.send(text).await?;
        }
        Ok(())
    })))
}

fn painted(images: Vec<ai::Image>) -> Result<Response> {
    match images.into_iter().next() {
        Some(ai::Image::Bytes(bytes)) => {
            let mut image = bytes.into_response();
            image.headers_mut().insert("content-type", "image/png".parse()?);
            Ok(image)
        }
        Some(ai::Image::Url(url)) => Ok(url.into_response()),
        None => Err(Error::not_found("the model made no image")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use wasmforge::{block_on, http, testing};

    fn answer(uri: &str) -> Result<String> {
        let request = http::Request::post(uri).body("What is tea?".into()).unwrap();
        block_on(async { main(request).await?.into_body().text().await })
    }

    #[test]
    fn an_answer_is_passed_on_as_it_comes() {
        let _fake = testing::ai(|request| {
            assert!(
                matches!(&request, ai::Request::Chat(chat) if chat.model == CHAT && chat.messages.len() == 2)
            );
            Ok(ai::Answer::Parts(vec!["A ".into(), "drink.".into()], Ok(())))
        });
        assert_eq!(answer("/").unwrap(), "A drink.");
        assert_eq!(answer("/?whole").unwrap(), r#"{"text":"A drink.","usage":{"completion":0,"prompt":0}}"#);
    }

    #[test]
    fn a_refusal_is_the_answers_status() {
        let _fake = testing::ai(|_| Err(ai::Error::RateLimited { retry_after: Some(3) }));
        assert_eq!(answer("/").unwrap_err().status(), 503);
        assert_eq!(answer("/?embed").unwrap_err().status(), 503);
    }
}
