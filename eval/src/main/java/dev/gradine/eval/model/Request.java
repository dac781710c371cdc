package dev.gradine.eval.model;

import java.util.List;

/// One thing a model is asked.
public sealed interface Request {

    /// What stands before the answer; empty for a whole text.
    String context();

    /// What of the request is written into a sample: lm-evaluation-harness's arguments.
    List<Object> arguments();

    /// How likely a continuation is: `Σ log p(token | context and tokens before it)` over its tokens.
    ///
    /// @param context what it continues; may be empty
    /// @param continuation at least one character
    record LogLikelihood(String context, String continuation) implements Request {
        @Override
        public List<Object> arguments() {
            return List.of(context, continuation);
        }
    }

    /// How likely a whole text is, read in windows where it is longer than the model reads.
    ///
    /// @param text the text
    record Rolling(String text) implements Request {
        @Override
        public String context() {
            return "";
        }

        @Override
        public List<Object> arguments() {
            return List.of(text);
        }
    }

    /// What the model writes behind a context.
    ///
    /// @param context the prompt
    /// @param rule how it is written and where it ends
    record Generate(String context, GenerationRule rule) implements Request {
        @Override
        public List<Object> arguments() {
            return List.of(context, rule.arguments());
        }
    }
}
