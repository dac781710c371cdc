package dev.gradine.io;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;

/// A file that cannot be read or written as asked. The message is one line: file, place, cause.
public final class CheckpointException extends IllegalArgumentException {

    private static final int MOST_CHARACTERS = 800;

    /// @param message the whole line
    public CheckpointException(String message) {
        super(oneLine(message));
    }

    /// @param file as the user knows it
    /// @param cause what is wrong with it, and where
    public CheckpointException(Path file, String cause) {
        this(file + ": " + cause);
    }

    private CheckpointException(String message, Throwable cause) {
        super(oneLine(message), cause);
    }

    /// The line for an input or output error.
    public static CheckpointException of(Path file, String what, IOException e) {
        return new CheckpointException(file + ": " + what + ": " + reason(e), e);
    }

    /// The line for an error of another library, which stays as the cause.
    static CheckpointException of(String message, RuntimeException e) {
        return new CheckpointException(message, e);
    }

    /// The same error in other words.
    CheckpointException saying(String message) {
        return getCause() == null ? new CheckpointException(message) : new CheckpointException(message, getCause());
    }

    /// `FileSystemException` puts the path into its message and some of its subclasses nothing else.
    private static String reason(IOException e) {
        String text = switch (e) {
            case NoSuchFileException _ -> "no such file or folder";
            case AccessDeniedException _ -> "permission denied";
            case FileAlreadyExistsException _ -> "exists already";
            case DirectoryNotEmptyException _ -> "the folder is not empty";
            case NotDirectoryException _ -> "not a folder";
            case FileSystemException f when f.getReason() != null -> f.getReason();
            default -> String.valueOf(e.getMessage());
        };
        return text.equals("null") ? e.getClass().getSimpleName() : text;
    }

    /// Names come from the file: they may be of any length and hold any character.
    private static String oneLine(String message) {
        String line = message.replaceAll("\\s*\\R\\s*", " ").replaceAll("\\p{Cntrl}", "?");
        return line.length() > MOST_CHARACTERS ? line.substring(0, MOST_CHARACTERS) + " ..." : line;
    }
}
