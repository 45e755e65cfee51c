"""What people work tickets with: files, canned answers, macros, views, drafts, feedback."""
