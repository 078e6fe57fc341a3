"""Files in messages: `uploading` takes them in, `work` looks at them, `carrying` puts them into messages, `reaching`
says who gets them, `upkeep` collects what is left. See docs/decisions/0005-uploads.md.
"""
