package dev.gradine.serve.api;

import dev.gradine.data.encode.StopStrings;
import dev.gradine.data.token.StreamDecoder;
import dev.gradine.data.token.Tokenizer;
import dev.gradine.nn.generate.DrawnToken;
import dev.gradine.nn.generate.Ending;
import dev.gradine.nn.generate.Writing;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.IntPredicate;

/// Turns tokens into text while they are written, on the thread that writes them: a stop string ends a text
/// before its next token is computed.
final class TextTeller implements Writing.Listener {

    private final int first;
    private final Consumer<News> told;
    private final TextOptions options;
    private final IntPredicate ends;
    private final List<StreamDecoder> decoders = new ArrayList<>();
    private final List<StopStrings> stops = new ArrayList<>();
    private final int[] counts;

    /// @param first number of the first text of this prompt among those of the request
    /// @param ends tokens that end a text and are told of
    /// @param told takes the news; must not wait
    TextTeller(
            int first, int[] prompt, Tokenizer tokenizer, TextOptions options, IntPredicate ends, Consumer<News> told) {
        this.first = first;
        this.told = told;
        this.options = options;
        this.ends = ends;
        counts = new int[options.n()];
        for (int i = 0; i < options.n(); i++) {
            decoders.add(new StreamDecoder(tokenizer, true, prompt));
            stops.add(new StopStrings(options.stops()));
        }
    }

    @Override
    public void known(int tokens) {
        told.accept(new News.Known(first, tokens));
    }

    @Override
    public void prompt(List<DrawnToken> tokens) {
        told.accept(new News.Read(first, List.copyOf(tokens)));
    }

    @Override
    public boolean token(int draw, DrawnToken token) {
        if (ends.test(token.id())) {
            told.accept(new News.Ended(first + draw, token));
            return false;
        }
        String piece = decoders.get(draw).next(token.id());
        StopStrings stop = stops.get(draw);
        boolean counts = ++this.counts[draw] > options.changes().minTokens();
        told.accept(new News.Piece(first + draw, counts ? stop.take(piece) : stop.pass(piece), token));
        return !stop.isFound();
    }

    @Override
    public void end(int draw, Ending ending) {
        StopStrings stop = stops.get(draw);
        String shown = stop.take(decoders.get(draw).finish()) + stop.rest();
        told.accept(new News.Over(first + draw, shown, stop.isFound() ? "stop" : reason(ending)));
    }

    @Override
    public void failed(RuntimeException why) {
        told.accept(new News.Failed(first, why));
    }

    private static String reason(Ending ending) {
        return switch (ending.why()) {
            case END, STOPPED -> "stop";
            case LENGTH -> "length";
            case CANCELLED -> "";
        };
    }
}
