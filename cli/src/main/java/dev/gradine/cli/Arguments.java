package dev.gradine.cli;

import picocli.CommandLine;

/// What stands on the command line, before it is taken apart.
final class Arguments {

    private static final char UNREADABLE = '\uFFFD';

    private Arguments() {}

    /// Refuses arguments that the JVM could not read: their bytes are no text in the locale's encoding, and a prompt or
    /// path with marks in place of letters would be taken as it is.
    ///
    /// @throws IllegalArgumentException names the argument and the locale
    static void requireReadable(String... args) {
        for (int i = 0; i < args.length; i++) {
            if (args[i].indexOf(UNREADABLE) < 0) continue;
            throw new IllegalArgumentException(
                    "argument %d, \"%s\", is no text in this locale's encoding, %s; expected UTF-8 (LC_ALL=C.UTF-8)"
                            .formatted(i + 1, args[i], System.getProperty("sun.jnu.encoding")));
        }
    }

    /// The same with `-` for `_` in names of options: `--max_length` is `--max-length`.
    static String[] dashed(CommandLine root, String... args) {
        CommandLine command = root;
        String[] all = args.clone();
        for (int i = 0; i < all.length && !all[i].equals("--"); i++) {
            CommandLine sub = command.getSubcommands().get(all[i]);
            if (sub != null && i < 2) command = sub;
            all[i] = dashed(command, all[i]);
        }
        return all;
    }

    private static String dashed(CommandLine command, String arg) {
        int end = arg.indexOf('=') < 0 ? arg.length() : arg.indexOf('=');
        String name = arg.substring(0, end);
        if (!name.startsWith("--") || command.getCommandSpec().findOption(name) != null) return arg;
        String dashed = name.replace('_', '-');
        return command.getCommandSpec().findOption(dashed) == null ? arg : dashed + arg.substring(end);
    }

    /// The command as it was called, such as `./gradine`: the launcher says how.
    static String program() {
        return System.getProperty("gradine.command", "gradine");
    }
}
