package dev.gradine.data.token;

import static dev.gradine.data.token.TokenizerException.require;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// A SentencePiece `.model` file: a protobuf message `ModelProto`, of which these fields are read.
///
/// ```
/// 1 piece       1 text, 2 score, 3 kind (NORMAL 1, UNKNOWN 2, CONTROL 3, USER_DEFINED 4, UNUSED 5, BYTE 6)
/// 2 trainer     3 model (UNIGRAM 1, BPE 2), 24 spaces as suffix, 40–43 ids of unknown, BOS, EOS, PAD
/// 3 normaliser  2 table of replacements, 3 space before a text, 4 spaces trimmed, 5 spaces as ▁
/// ```
///
/// The other fields say how the model was trained. Field numbers and defaults: `sentencepiece_model.proto` of
/// github.com/google/sentencepiece.
final class SentencePieceModel {
    private static final long MAX_FILE = 1 << 28;
    private static final int UNIGRAM = 1;
    private static final int BPE = 2;

    private final String what;
    private final List<String> pieces = new ArrayList<>();
    private final List<Float> scores = new ArrayList<>();
    private final List<Integer> kinds = new ArrayList<>();
    private int model = UNIGRAM;
    private final int[] roles = {1, 2, SpecialTokens.NONE}; // BOS, EOS, PAD
    private PrecompiledMap map = PrecompiledMap.NONE;
    private boolean prefixes = true;
    private boolean trims = true;

    private SentencePieceModel(String what) {
        this.what = what;
    }

    /// Reads the file.
    static SentencePieceModel read(Path file) throws IOException {
        long size = Files.size(file);
        require(size <= MAX_FILE, file + ": is " + size + " bytes, expected at most " + MAX_FILE);
        return parse(file.toString(), Files.readAllBytes(file));
    }

    /// Reads the message.
    ///
    /// @param what file, named in errors
    /// @throws TokenizerException if it is no such message or asks for what is not done here
    static SentencePieceModel parse(String what, byte[] bytes) {
        var out = new SentencePieceModel(what);
        var all = new Protobuf(what, ByteBuffer.wrap(bytes));
        while (all.next()) {
            switch (all.number()) {
                case 1 -> out.piece(all.message(what + ": piece " + out.pieces.size()));
                case 2 -> out.trainer(all.message(what + ": trainer_spec"));
                case 3 -> out.normalizer(all.message(what + ": normalizer_spec"));
                default -> {}
            }
        }
        require(!out.pieces.isEmpty(), what + ": has no pieces, expected a SentencePiece model");
        return out;
    }

    private void piece(Protobuf p) {
        String where = what + ": piece " + pieces.size();
        String text = "";
        float score = 0;
        int kind = PieceTable.NORMAL;
        while (p.next()) {
            switch (p.number()) {
                case 1 -> text = p.text();
                case 2 -> score = p.real();
                case 3 -> kind = p.integer();
                default -> {}
            }
        }
        require(!text.isEmpty(), where + " is empty, expected a text");
        require(Math.abs(score) < 1e30f, where + " has the score " + score + ", expected a finite number");
        require(
                kind >= PieceTable.NORMAL && kind <= PieceTable.BYTE,
                where + " has type " + kind + ", expected 1 to 6");
        require(
                kind != PieceTable.BYTE || text.matches("<0x[0-9A-F]{2}>"),
                where + " is '" + ModelRules.shown(text) + "', a byte, expected the form <0xNN>");
        pieces.add(text);
        scores.add(score);
        kinds.add(kind);
    }

    private void trainer(Protobuf p) {
        while (p.next()) {
            switch (p.number()) {
                case 3 -> model = p.integer();
                case 24 ->
                    require(
                            !p.flag(),
                            what + ": trainer_spec.treat_whitespace_as_suffix is true, expected false (spaces begin"
                                    + " a word)");
                case 41, 42, 43 -> roles[p.number() - 41] = p.integer();
                default -> {}
            }
        }
        require(
                model == UNIGRAM || model == BPE,
                what + ": trainer_spec.model_type is " + model + ", expected 1 (UNIGRAM) or 2 (BPE)");
    }

    private void normalizer(Protobuf p) {
        while (p.next()) {
            switch (p.number()) {
                case 2 -> {
                    byte[] table = p.bytes();
                    String where = what + ": normalizer_spec.precompiled_charsmap";
                    if (table.length > 0) map = PrecompiledMap.of(where, table);
                }
                case 3 -> prefixes = p.flag();
                case 4 -> trims = p.flag();
                case 5 -> require(p.flag(), what + ": normalizer_spec.escape_whitespaces is false, expected true (▁)");
                default -> {}
            }
        }
    }

    /// The tokenizer, with tokens that were declared beside the file.
    ///
    /// @param config of `tokenizer_config.json`: `add_bos_token`, `add_eos_token`; where it does not say, BPE
    ///     puts BOS before a text, as Llama does, and a unigram model EOS behind it, as T5 does
    SentencePieceTokenizer tokenizer(DeclaredTokens declared, SpecialTokens fallback, Map<String, Boolean> config) {
        Set<String> symbols = new HashSet<>();
        for (int id = 0; id < pieces.size(); id++) {
            if (kinds.get(id) == PieceTable.USER_DEFINED) symbols.add(pieces.get(id));
        }
        Map<String, Integer> ids = new HashMap<>();
        for (int id = 0; id < pieces.size(); id++) ids.putIfAbsent(pieces.get(id), id);
        var added = new AddedTokens(ids, pieces.size());
        declared.addTo(added);
        PieceTable table = with(added);
        boolean bpe = model == BPE;
        var options = new SentencePieceTokenizer.Options(
                new PieceNormalizer(map, new SpecialSplitter(List.copyOf(symbols)), trims, prefixes),
                !bpe,
                config.getOrDefault("add_bos_token", bpe),
                config.getOrDefault("add_eos_token", !bpe));
        SpecialTokens own = new SpecialTokens(roles[0], roles[1], roles[2]).below(table.size());
        SpecialTokens roles = declared.roles(table.vocabulary()).orElse(own).orElse(fallback.below(table.size()));
        return new SentencePieceTokenizer(table, roles, options, notes(added));
    }

    private PieceTable with(AddedTokens added) {
        int size = pieces.size();
        for (int id : added.byId().keySet()) size = Math.max(size, id + 1);
        String[] all = Arrays.copyOf(pieces.toArray(String[]::new), size);
        Arrays.fill(all, pieces.size(), size, "");
        float[] score = new float[size];
        int[] kind = new int[size];
        Arrays.fill(kind, PieceTable.UNUSED);
        for (int id = 0; id < pieces.size(); id++) {
            score[id] = scores.get(id);
            kind[id] = kinds.get(id);
        }
        added.byId().forEach((id, token) -> {
            all[id] = token.content();
            if (token.special() && kind[id] != PieceTable.UNKNOWN) kind[id] = PieceTable.CONTROL;
            else if (id >= pieces.size()) kind[id] = PieceTable.USER_DEFINED;
        });
        return new PieceTable(what, all, score, kind);
    }

    private List<String> notes(AddedTokens added) {
        List<String> out = new ArrayList<>(added.notes());
        added.byId().forEach((_, t) -> {
            if (t.lstrip() || t.rstrip() || t.singleWord()) {
                out.add(what + ": token '" + ModelRules.shown(t.content()) + "' is declared with lstrip, rstrip or"
                        + " single_word, which counts with a tokenizer.json alone");
            }
        });
        return out;
    }
}
