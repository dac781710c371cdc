package dev.gradine.data.chat;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;

/// The usual templates by name, each a short file of Jinja beside this class.
final class UsualTemplates {
    /// Their names, in order.
    static final List<String> NAMES =
            List.of("alpaca", "chatml", "gemma", "llama2", "llama3", "mistral", "phi3", "vicuna", "zephyr");

    private UsualTemplates() {}

    /// The source of one.
    ///
    /// @param name one of [#NAMES]
    static String source(String name) {
        try (InputStream in = UsualTemplates.class.getResourceAsStream(name + ".jinja")) {
            if (in == null) throw new IllegalStateException("chat template: " + name + ".jinja is not in the program");
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
