package dev.gradine.nn;

import static dev.gradine.autograd.op.IndexSelect.indexSelect;

import dev.gradine.autograd.Tape;
import dev.gradine.autograd.Var;
import dev.gradine.tensor.DType;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.kernel.Sequences;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.IntPredicate;
import java.util.random.RandomGenerator;

/// Sequences that are continued together, from their prompts to the end of the last.
///
/// ```
/// rows of the cache:   prompt | answer | answer | … | prompt | answer …
/// ```
///
/// An answer continues its prompt, whose rows are there once for all of them.
final class GenerationWave {

    private static final int PIECE = 512; // tokens read at once

    /// A range of the cache, and what is read into it.
    private static final class Lane {
        final int start; // first row
        final int before; // tokens of the prompt it continues
        int length; // tokens in it

        Lane(int start, int before) {
            this.start = start;
            this.before = before;
        }
    }

    /// One answer.
    private static final class Answer {
        final Lane prompt;
        final Lane own;
        final RandomGenerator rng;
        final IntPredicate onToken;
        final int[] written;
        int count;
        int token; // drawn last
        int end = -1;

        Answer(Lane prompt, Lane own, RandomGenerator rng, IntPredicate onToken, int limit) {
            this.prompt = prompt;
            this.own = own;
            this.rng = rng;
            this.onToken = onToken;
            written = new int[limit];
        }

        /// Takes the token that was drawn.
        ///
        /// @return whether another is to follow
        boolean take(Generation.Request request) {
            if (request.isEnd().test(token)) {
                end = token;
                return false;
            }
            written[count++] = token;
            return onToken.test(token) && count < written.length;
        }

        Continuation result() {
            int[] tokens = Arrays.copyOf(written, count);
            return end < 0 ? Continuation.cut(tokens) : Continuation.ended(tokens, end);
        }
    }

    private final Policy policy;
    private final Kernels k;
    private final Generation.Request request;
    private final List<Asked> asked;
    private final List<Lane> prompts = new ArrayList<>();
    private final List<List<Answer>> answers = new ArrayList<>(); // of each prompt
    private final KvCache cache;
    private final int rows;

    /// @param k lifetime of the cache
    GenerationWave(Policy policy, Kernels k, List<Asked> asked, Generation.Request request) {
        this.policy = policy;
        this.k = k;
        this.asked = asked;
        this.request = request;
        int row = 0;
        int sequences = 0;
        for (Asked a : asked) {
            int length = a.prompt().length;
            int limit = Math.min(policy.model().maxPositions() - length, request.maxTokens());
            Lane prompt = new Lane(row, 0);
            row += length;
            List<Answer> own = new ArrayList<>();
            for (RandomGenerator rng : a.draws()) {
                own.add(new Answer(prompt, new Lane(row, length), rng, a.onToken(), limit));
                row += limit;
            }
            prompts.add(prompt);
            sequences += 1 + own.size();
            answers.add(own);
        }
        rows = row;
        cache = policy.model().newCache(k, rows, sequences);
    }

    List<List<Continuation>> run() {
        read();
        List<Answer> active = new ArrayList<>();
        for (List<Answer> own : answers) active.addAll(own);
        active.removeIf(a -> !a.take(request));
        while (!active.isEmpty()) {
            write(active);
            active.removeIf(a -> !a.take(request));
        }
        return answers.stream()
                .map(own -> own.stream().map(Answer::result).toList())
                .toList();
    }

    /// Fresh tokens of one pass: first the prompts that others continue, without fresh tokens.
    private final class Turn {
        final List<Lane> lanes = new ArrayList<>();
        final List<int[]> pieces = new ArrayList<>();
        final List<Integer> parents = new ArrayList<>();
        private int tokens;

        void add(Lane lane, int[] piece, int parent) {
            lanes.add(lane);
            pieces.add(piece);
            parents.add(parent);
            tokens += piece.length;
        }

        Pass pass(Kernels scratch) {
            int n = lanes.size();
            int[] queryStart = new int[n + 1];
            int[] keyStart = new int[n];
            int[] keyCount = new int[n];
            int[] past = new int[n];
            int[] slots = new int[tokens];
            for (int s = 0; s < n; s++) {
                Lane lane = lanes.get(s);
                int fresh = pieces.get(s).length;
                queryStart[s + 1] = queryStart[s] + fresh;
                keyStart[s] = lane.start;
                keyCount[s] = lane.length + fresh;
                past[s] = lane.before + lane.length;
                for (int i = 0; i < fresh; i++) slots[queryStart[s] + i] = lane.start + lane.length + i;
                lane.length += fresh;
            }
            int[] parent = parents.stream().mapToInt(Integer::intValue).toArray();
            Sequences layout =
                    Sequences.ranges(queryStart, keyStart, keyCount, rows).continuing(parent);
            TokenBatch batch = TokenBatch.reading(pieces, past, layout);
            return Pass.reading(Tape.noGrad(scratch), batch, slots, cache).with(policy.adapters());
        }
    }

    /// Reads all prompts, and draws the first token of every answer.
    private void read() {
        int p = 0;
        while (p < prompts.size()) {
            Turn turn = new Turn();
            List<Integer> last = new ArrayList<>(); // rows of prompts that end in this turn
            List<List<Answer>> drawing = new ArrayList<>();
            while (p < prompts.size() && turn.tokens < PIECE) {
                int[] ids = asked.get(p).prompt();
                int from = prompts.get(p).length;
                int to = Math.min(ids.length, from + PIECE - turn.tokens);
                turn.add(prompts.get(p), Arrays.copyOfRange(ids, from, to), -1);
                if (to < ids.length) break;
                last.add(turn.tokens - 1);
                drawing.add(answers.get(p++));
            }
            draw(turn, last, drawing);
        }
    }

    /// The next token of each of `active`.
    private void write(List<Answer> active) {
        Turn turn = new Turn();
        Set<Lane> continued = new LinkedHashSet<>();
        for (Answer a : active) continued.add(a.prompt);
        List<Lane> order = List.copyOf(continued);
        for (Lane prompt : order) turn.add(prompt, new int[0], -1);
        List<Integer> last = new ArrayList<>();
        List<List<Answer>> drawing = new ArrayList<>();
        for (Answer a : active) {
            turn.add(a.own, new int[] {a.token}, order.indexOf(a.prompt));
            last.add(last.size());
            drawing.add(List.of(a));
        }
        draw(turn, last, drawing);
    }

    /// Reads a turn, and draws a token behind each row of `last` for each of the answers that wait for it.
    private void draw(Turn turn, List<Integer> last, List<List<Answer>> drawing) {
        List<Answer> all = new ArrayList<>();
        List<Integer> row = new ArrayList<>();
        for (int i = 0; i < last.size(); i++) {
            for (Answer a : drawing.get(i)) {
                all.add(a);
                row.add(last.get(i));
            }
        }
        try (Kernels scratch = k.openStep()) {
            Pass pass = turn.pass(scratch);
            Var h = policy.model().hidden(pass);
            if (all.isEmpty()) return;
            Tensor rowsOf =
                    scratch.ofInts(row.stream().mapToInt(Integer::intValue).toArray());
            Var logits = policy.model().head().logits(indexSelect(h, rowsOf), pass);
            Tensor tokens = scratch.empty(DType.I32, Shape.of(all.size()));
            double[] u = request.params().isGreedy()
                    ? new double[0]
                    : all.stream().mapToDouble(a -> a.rng.nextDouble()).toArray();
            scratch.sampling().draw(logits.value(), request.params(), u, tokens);
            int[] drawn = scratch.downloadInts(tokens);
            for (int i = 0; i < drawn.length; i++) all.get(i).token = drawn[i];
        }
    }
}
