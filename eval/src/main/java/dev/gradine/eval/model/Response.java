package dev.gradine.eval.model;

import java.util.List;

/// What a model answers to a request.
public sealed interface Response {

    /// As a sample shows it.
    List<Object> shown();

    /// How likely a continuation or a text is.
    ///
    /// @param logProb sum over its tokens, nats
    /// @param greedy whether each of its tokens is the likeliest there
    /// @param tokens number of its tokens
    record Likelihood(double logProb, boolean greedy, int tokens) implements Response {

        /// Both one after the other.
        Likelihood and(Likelihood next) {
            return new Likelihood(logProb + next.logProb, greedy && next.greedy, tokens + next.tokens);
        }

        @Override
        public List<Object> shown() {
            return List.of(logProb, greedy);
        }
    }

    /// A text that was written.
    ///
    /// @param text cut where it ends
    record Written(String text) implements Response {
        @Override
        public List<Object> shown() {
            return List.of(text);
        }
    }
}
