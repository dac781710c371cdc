package dev.gradine.train;

import dev.gradine.align.Recipe;
import dev.gradine.data.DataException;
import dev.gradine.data.DataSet;
import dev.gradine.data.MadeList;
import dev.gradine.data.encode.Encoded;
import dev.gradine.data.encode.Encoder;
import dev.gradine.data.encode.TextCodec;
import java.util.List;

/// Makes examples of the rows of a run.
///
/// @param length tokens of the longest example
/// @param cache of examples made before
/// @param told takes what became of the rows, line by line
record Encoding(RunSettings settings, TextCodec codec, int length, List<String> told, RunHost host, TokenCache cache) {

    /// The rows of a source as examples of a recipe.
    <E> SourceExamples<E> part(Recipe<E> recipe, TrainingData.Source source) {
        List<E> train = examples(recipe, source, source.train());
        List<E> evalSet = source.evalSet().isEmpty()
                ? List.of()
                : examples(recipe, source, source.evalSet().getFirst());
        return new SourceExamples<>(source, recipe, train, packed(recipe, train), evalSet);
    }

    /// Whether a recipe learns from rows such as the first of a source.
    boolean suits(Recipe<?> recipe, TrainingData.Source source) {
        try {
            encoder(recipe).make(source.train().rows().getFirst());
            return true;
        } catch (DataException e) {
            return false;
        }
    }

    private <E> Encoder<E> encoder(Recipe<E> recipe) {
        boolean wraps = settings.batches().packing().wraps();
        return recipe.encoder(
                codec, wraps ? Integer.MAX_VALUE : length, settings.batches().batch());
    }

    /// The examples of all rows that are of use; says what became of the others.
    private <E> List<E> examples(Recipe<E> recipe, TrainingData.Source source, DataSet rows) {
        Encoder<E> encoder = encoder(recipe);
        int batch = settings.batches().batch();
        var wanted = new TokenCache.Wanted(recipe, rows, source.file(), encoder.maxLength(), batch);
        Encoded<E> encoded = cache.get(wanted, () -> encoder.encode(rows, new EncodingProgress(rows, host)));
        RowReport report = new RowReport(rows.name(), encoded.counts(), encoder);
        report.requireAnswers(settings.batches());
        told.add(report.line());
        boolean wraps = settings.batches().packing().wraps();
        return wraps ? recipe.wrapped(encoded.examples(), length) : encoded.examples();
    }

    /// The examples of each row of a batch; says how full they are where they are packed.
    private <E> List<List<E>> packed(Recipe<E> recipe, List<E> examples) {
        PackingSettings packing = settings.batches().packing();
        List<List<E>> rows = packing.fits()
                ? Packing.bestFit(examples, recipe::tokens, length)
                : MadeList.of(examples.size(), i -> List.of(examples.get(i)));
        if (!packing.packing()) return rows;
        long tokens = examples.stream().mapToLong(recipe::tokens).sum();
        told.add(Packing.told(examples.size(), rows.size(), tokens, length));
        if (examples instanceof MadeList<E>) told.add("packing holds all examples in memory at once");
        return rows;
    }
}
