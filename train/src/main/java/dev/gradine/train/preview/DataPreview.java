package dev.gradine.train.preview;

import dev.gradine.align.Recipe;
import dev.gradine.data.DataException;
import dev.gradine.data.DataSet;
import dev.gradine.data.Row;
import dev.gradine.data.encode.Encoder;
import dev.gradine.data.encode.LabelledTokens;
import dev.gradine.data.encode.RowCounts;
import dev.gradine.data.encode.TextCodec;
import dev.gradine.data.jinja.TemplateException;
import dev.gradine.data.token.StreamDecoder;
import dev.gradine.train.RowReport;
import dev.gradine.train.TrainingData;
import java.util.ArrayList;
import java.util.List;

/// What a recipe makes of the rows of a data set.
public final class DataPreview {

    private static final int BATCH = 2; // for recipes that compare an example with its neighbour

    private final Encoder<?> encoder;
    private final TextCodec codec;
    private final List<ShownRow> shown = new ArrayList<>();
    private final List<Integer> lengths = new ArrayList<>();
    private final List<String> faults = new ArrayList<>();
    private final List<String> reports = new ArrayList<>();
    private final Duplicates duplicates = new Duplicates();
    private final boolean isMixed;
    private int left; // rows to be shown of the present source

    private DataPreview(Encoder<?> encoder, TextCodec codec, boolean isMixed) {
        this.encoder = encoder;
        this.codec = codec;
        this.isMixed = isMixed;
    }

    /// Reads all rows.
    ///
    /// @param length tokens of the longest example
    /// @param count rows of each source to be shown token by token
    public static <E> DataPreview of(Recipe<E> recipe, TextCodec codec, TrainingData data, int length, int count) {
        Encoder<E> encoder = recipe.encoder(codec, length, BATCH);
        DataPreview preview = new DataPreview(encoder, codec, data.sources().size() > 1);
        for (TrainingData.Source s : data.sources()) {
            preview.left = count;
            preview.read(recipe, encoder, s.train(), true);
            for (DataSet eval : s.evalSet()) preview.read(recipe, encoder, eval, false);
        }
        return preview;
    }

    private <E> void read(Recipe<E> recipe, Encoder<E> encoder, DataSet rows, boolean isTrained) {
        RowCounts counts = RowCounts.NONE;
        for (int i = 0; i < rows.size(); i++) {
            Row row = rows.rows().get(i);
            int number = rows.numbers().get(i);
            String name = (isMixed ? rows.name() + ": " : "") + "row " + number;
            try {
                Encoder.Made<E> made = encoder.make(row);
                counts = counts.and(number, made.size(), made.examples().isEmpty());
                lengths.add(made.size().longest());
                List<LabelledTokens> read = made.examples().stream()
                        .flatMap(e -> recipe.sequences(e).stream())
                        .distinct()
                        .toList();
                if (isTrained) duplicates.train(name, read);
                else duplicates.eval(name, read);
                if (left-- > 0) shown.add(row(name, row, read, made.size().cut()));
            } catch (DataException | TemplateException e) {
                faults.add(name + ": " + e.getMessage());
            }
        }
        reports.add((isTrained ? "train  " : "eval   ") + new RowReport(rows.name(), counts, encoder).line());
    }

    private ShownRow row(String name, Row row, List<LabelledTokens> read, int cut) {
        List<ShownRow.Sequence> sequences =
                read.stream().map(l -> new ShownRow.Sequence(tokens(l), cut)).toList();
        return new ShownRow(name, Written.of(row), sequences);
    }

    private List<ShownRow.Token> tokens(LabelledTokens l) {
        int[] ids = l.ids();
        StreamDecoder text = new StreamDecoder(codec.tokenizer(), false);
        List<ShownRow.Token> all = new ArrayList<>();
        for (int t = 0; t < ids.length; t++) {
            String piece = text.next(ids[t]);
            if (t == ids.length - 1) piece += text.finish();
            boolean learnt = t > 0 && l.label(t) != LabelledTokens.IGNORED;
            all.add(new ShownRow.Token(piece, learnt));
        }
        return all;
    }

    /// The first rows.
    List<ShownRow> shown() {
        return shown;
    }

    /// Tokens of each row's longest sequence, before it is cut.
    Histogram lengths() {
        return Histogram.of(lengths, encoder.maxLength());
    }

    /// Rows that cannot be used, and why.
    List<String> faults() {
        return faults;
    }

    /// A line for each set: rows, the longest, how many were cut or left out.
    List<String> reports() {
        return reports;
    }

    Duplicates duplicates() {
        return duplicates;
    }
}
