package dev.gradine.eval.model;

import dev.gradine.data.chat.Message;
import dev.gradine.data.encode.LabelledTokens;
import dev.gradine.data.encode.TextCodec;
import dev.gradine.data.token.StreamDecoder;
import dev.gradine.data.token.Tokenizer;
import dev.gradine.eval.model.Response.Likelihood;
import dev.gradine.eval.model.Response.Written;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.IntConsumer;
import java.util.stream.IntStream;

/// Turns requests into tokens by the rules of lm-evaluation-harness's back end `hf`, and answers back
/// into text.
///
/// ```
/// pair      white space at the end of the context goes to the continuation;
///           whole = encode(context + continuation), continuation = whole[length of encode(context):]
/// no context  [BOS, or EOS without one], and the continuation without special tokens
/// too long  the left is cut: the last maxTokens + 1 tokens stay
/// ```
///
/// Context and continuation are never encoded apart and joined: at the seam the tokens would be others.
public final class TextModel implements LanguageModel {

    private static final int TOGETHER = 16; // prompts handed to the model at once

    private final TokenModel model;
    private final TextCodec codec;
    private final BosRule bos;

    /// @param bos whether texts begin with BOS
    /// @throws dev.gradine.data.token.TokenizerException if BOS is wanted and the tokenizer has none
    public TextModel(TokenModel model, TextCodec codec, BosRule bos) {
        this.model = model;
        this.codec = codec;
        this.bos = bos;
        if (bos == BosRule.TRUE) codec.tokenizer().bos();
    }

    @Override
    public String chat(List<Message> messages, boolean answering) {
        if (answering) return codec.render(messages, Map.of(), true).text();
        String last = messages.getLast().content();
        String whole = codec.render(messages, Map.of(), false).text();
        int at = whole.lastIndexOf(last);
        return whole.substring(0, at + last.length());
    }

    @Override
    public List<List<Response>> answer(List<List<Request>> items, IntConsumer done) {
        if (items.stream().flatMap(List::stream).allMatch(Request.Generate.class::isInstance)) {
            return written(items, done);
        }
        List<List<LabelledTokens>> groups = new ArrayList<>(); // of an item; windows of a text one by one
        List<List<Integer>> sizes = new ArrayList<>(); // of each request, in sequences
        for (List<Request> item : items) {
            List<LabelledTokens> group = new ArrayList<>();
            List<Integer> counts = new ArrayList<>();
            for (Request r : item) {
                List<LabelledTokens> sequences = sequences(r);
                group.addAll(sequences);
                counts.add(sequences.size());
            }
            groups.add(group);
            sizes.add(counts);
        }
        List<List<Likelihood>> scores = model.score(groups, done);
        List<List<Response>> answers = new ArrayList<>();
        for (int i = 0; i < items.size(); i++) answers.add(sums(scores.get(i), sizes.get(i)));
        return answers;
    }

    private static List<Response> sums(List<Likelihood> parts, List<Integer> sizes) {
        List<Response> sums = new ArrayList<>();
        int at = 0;
        for (int size : sizes) {
            Likelihood sum = new Likelihood(0, true, 0);
            for (Likelihood part : parts.subList(at, at + size)) sum = sum.and(part);
            sums.add(sum);
            at += size;
        }
        return sums;
    }

    private List<LabelledTokens> sequences(Request request) {
        return switch (request) {
            case Request.LogLikelihood pair -> List.of(pair(pair.context(), pair.continuation()));
            case Request.Rolling whole ->
                RollingWindows.of(
                        bos.encode(tokenizer(), whole.text()), BosRule.prefix(tokenizer()), model.maxTokens());
            case Request.Generate _ ->
                throw new IllegalArgumentException("eval: an item asks for a text and for likelihoods at once");
        };
    }

    private Tokenizer tokenizer() {
        return codec.tokenizer();
    }

    /// Context and continuation as tokens, the continuation labelled.
    LabelledTokens pair(String context, String continuation) {
        String before = stripped(context);
        String after = context.substring(before.length()) + continuation;
        int[] whole;
        int known;
        if (before.isEmpty()) {
            int[] ids = tokenizer().encode(after, false);
            int prefix = BosRule.prefix(tokenizer());
            boolean has = ids.length > 0 && ids[0] == prefix;
            whole = has
                    ? ids
                    : IntStream.concat(IntStream.of(prefix), IntStream.of(ids)).toArray();
            known = 1;
        } else {
            whole = bos.encode(tokenizer(), before + after);
            known = bos.encode(tokenizer(), before).length;
        }
        if (known >= whole.length) {
            throw new IllegalArgumentException(
                    "eval: the continuation \"%s\" adds no token to its context".formatted(continuation));
        }
        int from = Math.max(0, whole.length - model.maxTokens() - 1);
        return LabelledTokens.completion(Arrays.copyOfRange(whole, from, whole.length), Math.max(1, known - from));
    }

    /// Without the white space at its end, as Python's `rstrip`.
    private static String stripped(String text) {
        int end = text.length();
        while (end > 0) {
            int c = text.codePointBefore(end);
            if (!Character.isWhitespace(c) && !Character.isSpaceChar(c) && c != 0x85) break;
            end -= Character.charCount(c);
        }
        return text.substring(0, end);
    }

    private List<List<Response>> written(List<List<Request>> items, IntConsumer done) {
        List<Request.Generate> all = new ArrayList<>();
        for (List<Request> item : items) for (Request r : item) if (r instanceof Request.Generate g) all.add(g);
        List<Response> texts = new ArrayList<>();
        while (texts.size() < all.size()) {
            texts.addAll(written(alike(all.subList(texts.size(), all.size()))));
            done.accept(Math.min(items.size(), texts.size()));
        }
        List<List<Response>> answers = new ArrayList<>();
        int at = 0;
        for (List<Request> item : items) {
            answers.add(List.copyOf(texts.subList(at, at + item.size())));
            at += item.size();
        }
        return answers;
    }

    /// The first requests that are written alike: what is handed to the model at once.
    private static List<Request.Generate> alike(List<Request.Generate> rest) {
        int n = 1;
        while (n < Math.min(rest.size(), TOGETHER)
                && rest.get(n).rule().equals(rest.getFirst().rule())) n++;
        return rest.subList(0, n);
    }

    private List<Written> written(List<Request.Generate> requests) {
        GenerationRule rule = requests.getFirst().rule();
        List<int[]> prompts = new ArrayList<>();
        List<StreamDecoder> streams = new ArrayList<>();
        List<StringBuilder> seen = new ArrayList<>();
        for (Request.Generate g : requests) {
            int[] prompt = prompt(g.context(), rule.maxTokens());
            prompts.add(prompt);
            streams.add(new StreamDecoder(tokenizer(), true, prompt));
            seen.add(new StringBuilder());
        }
        return model
                .write(
                        prompts,
                        rule,
                        (i, token) ->
                                !rule.isOver(seen.get(i).append(streams.get(i).next(token))))
                .stream()
                .map(tokens -> new Written(rule.cut(tokenizer().decode(tokens, true))))
                .toList();
    }

    /// The end of a context that leaves room for the answer.
    private int[] prompt(String context, int answer) {
        int room = model.maxTokens() - answer;
        if (room < 1) {
            throw new IllegalArgumentException(
                    "generation_kwargs: max_gen_toks is %d, expected fewer than the model reads, %d"
                            .formatted(answer, model.maxTokens()));
        }
        int[] ids = bos.encode(tokenizer(), context);
        return Arrays.copyOfRange(ids, Math.max(0, ids.length - room), ids.length);
    }
}
