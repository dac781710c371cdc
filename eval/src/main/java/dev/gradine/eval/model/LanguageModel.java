package dev.gradine.eval.model;

import dev.gradine.data.chat.Message;
import java.util.List;
import java.util.function.IntConsumer;

/// A model as an evaluation sees it: texts go in, log-probabilities and texts come out.
public interface LanguageModel {

    /// A conversation as the text that the model reads.
    ///
    /// @param answering whether the text ends where the assistant's answer begins; otherwise the last
    ///     message, of the assistant, is left open
    String chat(List<Message> messages, boolean answering);

    /// Answers requests.
    ///
    /// @param items the requests of each item: they often begin alike, and what they begin with may be
    ///     read once
    /// @param done is told how many items have been answered
    /// @return as many lists, of as many answers
    List<List<Response>> answer(List<List<Request>> items, IntConsumer done);
}
