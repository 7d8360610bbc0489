//! Asks a language model and tells what came of it, errors included: `?do=chat|stream|embed|paint&model=`. With
//! `&extra=` the request has that member more, with `&size=` a question of so many bytes.
//!
//! The answer is a line per part, and a last one that is the end or the error as Rust prints it.

use wasmforge::{IntoResponse, Request, RequestExt, Response, ai};

#[wasmforge::handler]
async fn main(req: Request) -> Response {
    let text = |name| req.query(name).unwrap_or_default().into_owned();
    let model = text("model");
    let question = match text("size").parse() {
        Ok(size) => "x".repeat(size),
        Err(_) => "hi".to_owned(),
    };
    let mut chat = ai::chat(model.clone()).user(question.clone()).temperature(0.5).max_tokens(9);
    if let Some(name) = req.query("extra") {
        chat = chat.with(name.into_owned(), 1);
    }
    match text("do").as_str() {
        "chat" => format!("{:?}", chat.send().await).into_response(),
        "stream" => stream(chat).await.into_response(),
        "embed" => format!("{:?}", ai::embed(model, [question, "ho".to_owned()]).await).into_response(),
        _ => format!("{:?}", ai::image(model, question).count(2).size("9x9").send().await).into_response(),
    }
}

async fn stream(chat: ai::Chat) -> String {
    let mut lines = Vec::new();
    match chat.stream().await {
        Err(error) => lines.push(format!("{error:?}")),
        Ok(mut stream) => loop {
            match stream.next().await {
                Ok(Some(text)) => lines.push(text),
                Ok(None) => {
                    lines.push(format!("{:?}", stream.completion()));
                    break;
                }
                Err(error) => {
                    lines.push(format!("{error:?}"));
                    break;
                }
            }
        },
    }
    lines.join("\n")
}
