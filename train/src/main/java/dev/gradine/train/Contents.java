package dev.gradine.train;

import dev.gradine.autograd.Param;
import dev.gradine.data.encode.LabelledTokens;
import dev.gradine.io.Fingerprint;
import dev.gradine.models.OpenModel;
import dev.gradine.peft.AdapterSet;
import dev.gradine.tensor.Kernels;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;

/// What files held when a run began, so that one which resumes finds the same under the same names: SHA-256 digests.
final class Contents {

    private static final int SHOWN = 16;

    private final MessageDigest sha;

    private Contents() {
        try {
            sha = MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }

    /// Of the model's file, of the rows as tokens, and of an adapter that was trained before.
    static SequencedMap<String, Object> of(OpenModel model, AdapterSet adapted, List<List<LabelledTokens>> examples) {
        SequencedMap<String, Object> all = new LinkedHashMap<>();
        all.put("content of the model", Fingerprint.of(model.checkpoint()));
        all.put("content of the data", data(examples));
        if (adapted.wasTrained()) all.put("content of the adapter", adapter(adapted, model.run()));
        return all;
    }

    private static String data(List<List<LabelledTokens>> examples) {
        Contents c = new Contents();
        for (List<LabelledTokens> example : examples) {
            for (LabelledTokens l : example) {
                c.add(l.ids());
                c.add(l.labels());
            }
        }
        return c.end();
    }

    /// Names and values.
    static String adapter(AdapterSet adapted, Kernels run) {
        Contents c = new Contents();
        for (Param p : adapted.params()) {
            c.add(p.name());
            float[] values = run.download(p.value());
            ByteBuffer bytes = ByteBuffer.allocate(4 * values.length);
            bytes.asFloatBuffer().put(values);
            c.sha.update(bytes);
        }
        return c.end();
    }

    private void add(String text) {
        sha.update(text.getBytes(StandardCharsets.UTF_8));
    }

    private void add(int[] values) {
        ByteBuffer bytes = ByteBuffer.allocate(4 + 4 * values.length).putInt(values.length);
        bytes.asIntBuffer().put(values);
        sha.update(bytes.position(0));
    }

    private String end() {
        return HexFormat.of().formatHex(sha.digest()).substring(0, SHOWN);
    }
}
